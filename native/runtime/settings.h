// The environment variables that size the thread pool and set the priority of its threads, read once.
#pragma once

#include <string>

namespace sa {

struct Settings {
  // SYNTHETIC_ATTENTION_THREADS; 0 when it is not set: as many as there are CPUs.
  int threads = 0;
  // SYNTHETIC_ATTENTION_NICE: by how much threads that compute rank below the rest of the process (Linux).
  int nice_increment = 5;
  // What is wrong with the variables; empty when nothing is. Every operation refuses to run with a wrong one.
  std::string error;
};

const Settings& settings();

}  // namespace sa
