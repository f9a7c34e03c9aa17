// Which tier runs: the best one that the CPU has, or the one named in SYNTHETIC_ATTENTION_ISA.
#pragma once

#include <string>
#include <vector>

#include "dispatch/kernel_set.h"

namespace sa {

struct Tier {
  const char* name;
  const KernelSet* (*kernels)();
  bool (*supported)();  // by this CPU and operating system
};

// Best first.
const std::vector<Tier>& tiers();

// The tier of this name, or null when it is unknown, not compiled in, or not supported by the CPU.
const KernelSet* find_kernels(const std::string& name);

// Chosen once for the process. On a bad SYNTHETIC_ATTENTION_ISA returns null and `error` says why.
const KernelSet* active_kernels(std::string* error);

}  // namespace sa
