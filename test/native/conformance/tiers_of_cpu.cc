// Every tier of the build that this CPU runs.
#include "conformance/tested_tiers.h"
#include "dispatch/dispatch.h"

namespace sa_test {

std::vector<TestedTier> tested_tiers() {
  std::vector<TestedTier> out;
  for (const sa::Tier& tier : sa::tiers()) {
    const bool compiled = tier.kernels() != nullptr;
    out.push_back({tier.name, sa::find_kernels(tier.name),
                   compiled ? "this CPU does not run it" : "not compiled for this processor family", ""});
  }
  return out;
}

}  // namespace sa_test
