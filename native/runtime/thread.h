// Starts threads. std::thread reports that the system has no more of them (ulimit -u, pids.max) by an
// exception, which this code cannot catch.
#pragma once

namespace sa {

// Runs body(argument) on a new detached thread. False when the system gives none.
bool start_thread(void (*body)(void* argument), void* argument);

}  // namespace sa
