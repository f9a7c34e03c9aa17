// What the CPU and the operating system offer.
#pragma once

#include <string>

namespace sa {

bool cpu_has_avx2_fma();

// Brand string of the CPU, "unknown" where it cannot be read.
std::string cpu_brand();

}  // namespace sa
