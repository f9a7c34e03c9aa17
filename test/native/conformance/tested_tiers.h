// The kernel sets that an executable tests. Each executable links one definition of tested_tiers().
#pragma once

#include <string>
#include <vector>

#include "dispatch/kernel_set.h"

namespace sa_test {

struct TestedTier {
  std::string name;
  const sa::KernelSet* kernels;  // null: skipped
  std::string skipped;           // why
  std::string operations;        // part of the names of those that differ from another tier's; empty: all
};

std::vector<TestedTier> tested_tiers();

}  // namespace sa_test
