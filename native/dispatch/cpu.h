// What the CPU and the operating system offer.
#pragma once

#include <string>

namespace sa {

bool cpu_has_avx2_fma();
// F, BW, DQ and VL, and the operating system saves the registers.
bool cpu_has_avx512();
bool cpu_has_avx512_vnni();
// The 8-bit dot product of ARMv8.2.
bool cpu_has_dotprod();

// Brand string of the CPU, "unknown" where it cannot be read.
std::string cpu_brand();

}  // namespace sa
