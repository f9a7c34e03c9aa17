#include "dispatch/dispatch.h"

#include <cstdlib>

namespace sa {

// Each in tier_<name>.cc; without kernels where it is not compiled for this processor family.
Tier avx512_tier();
Tier avx2_tier();
Tier neon_tier();
Tier scalar_tier();

namespace {

struct Choice {
  const KernelSet* kernels = nullptr;
  std::string error;
};

Choice choose() {
  Choice choice;
  const char* forced = std::getenv("SYNTHETIC_ATTENTION_ISA");
  if (forced != nullptr) {
    choice.kernels = find_kernels(forced);
    if (choice.kernels == nullptr) {
      std::string names;
      for (const Tier& tier : tiers()) {
        if (find_kernels(tier.name) != nullptr) names += (names.empty() ? "" : ", ") + std::string(tier.name);
      }
      choice.error = "SYNTHETIC_ATTENTION_ISA: expected one of " + names +
                     " (what this CPU runs) but received \"" + std::string(forced) + "\"";
    }
    return choice;
  }
  for (const Tier& tier : tiers()) {
    choice.kernels = find_kernels(tier.name);
    if (choice.kernels != nullptr) break;
  }
  return choice;
}

}  // namespace

const std::vector<Tier>& tiers() {
  static const std::vector<Tier> table = {avx512_tier(), avx2_tier(), neon_tier(), scalar_tier()};
  return table;
}

const KernelSet* find_kernels(const std::string& name) {
  for (const Tier& tier : tiers()) {
    if (name == tier.name && tier.supported()) return tier.kernels();
  }
  return nullptr;
}

const KernelSet* active_kernels(std::string* error) {
  static const Choice choice = choose();
  if (error != nullptr) *error = choice.error;
  return choice.kernels;
}

}  // namespace sa
