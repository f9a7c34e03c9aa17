#include "dispatch/dispatch.h"
#include "simd/target.h"

namespace sa {
namespace scalar {
#define SA_TIER_NAME "scalar"
#include "simd/scalar.h"
#include "simd/scalar_int8.h"
#include "dispatch/kernel_set.inl.h"
}  // namespace scalar

Tier scalar_tier() {
  return {"scalar", [] { return &scalar::kSet; }, [] { return true; }};
}

}  // namespace sa
