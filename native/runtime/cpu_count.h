// How many threads this process may really use at once: the affinity mask and the cgroup's CPU quota (v1 and
// v2, the smallest on the way up), whichever is less; at least 1.
#pragma once

namespace sa {

int available_cpus();

}  // namespace sa
