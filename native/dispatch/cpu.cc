#include "dispatch/cpu.h"

#include <cstring>

#include "simd/target.h"

#if defined(SA_X86_64)
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

#if defined(SA_ARM64) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace sa {

#if defined(SA_X86_64)

namespace {

struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
#if defined(_MSC_VER)
  int out[4];
  __cpuidex(out, static_cast<int>(leaf), static_cast<int>(subleaf));
  r = {static_cast<unsigned>(out[0]), static_cast<unsigned>(out[1]), static_cast<unsigned>(out[2]),
       static_cast<unsigned>(out[3])};
#else
  __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
#endif
  return r;
}

// Extended control register 0: which register files the operating system saves.
unsigned long long xgetbv0() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<unsigned long long>(high) << 32) | low;
#endif
}

}  // namespace

bool cpu_has_avx2_fma() {
  if (cpuid(0, 0).eax < 7) return false;
  const Registers one = cpuid(1, 0);
  const bool fma = one.ecx & (1u << 12), osxsave = one.ecx & (1u << 27), avx = one.ecx & (1u << 28),
             f16c = one.ecx & (1u << 29);
  if (!fma || !osxsave || !avx || !f16c) return false;
  if ((xgetbv0() & 0x6) != 0x6) return false;  // SSE and AVX state
  return cpuid(7, 0).ebx & (1u << 5);
}

bool cpu_has_avx512() {
  if (!cpu_has_avx2_fma()) return false;
  if ((xgetbv0() & 0xE6) != 0xE6) return false;  // and mask, upper and high registers
  const unsigned wanted = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31);  // F, DQ, BW, VL
  return (cpuid(7, 0).ebx & wanted) == wanted;
}

bool cpu_has_avx512_vnni() { return cpu_has_avx512() && (cpuid(7, 0).ecx & (1u << 11)) != 0; }

bool cpu_has_dotprod() { return false; }

std::string cpu_brand() {
  if (cpuid(0x80000000u, 0).eax < 0x80000004u) return "unknown";
  char text[49] = {};
  for (unsigned i = 0; i < 3; ++i) {
    const Registers r = cpuid(0x80000002u + i, 0);
    std::memcpy(text + 16 * i, &r, 16);
  }
  std::string brand(text);
  const size_t first = brand.find_first_not_of(' ');
  const size_t last = brand.find_last_not_of(' ');
  return first == std::string::npos ? "unknown" : brand.substr(first, last - first + 1);
}

#else

bool cpu_has_avx2_fma() { return false; }

bool cpu_has_avx512() { return false; }

bool cpu_has_avx512_vnni() { return false; }

bool cpu_has_dotprod() {
#if defined(SA_ARM64) && defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#elif defined(SA_ARM64) && defined(__APPLE__)
  return true;  // since the first of their 64-bit desktop CPUs
#else
  return false;
#endif
}

std::string cpu_brand() { return "unknown"; }

#endif

}  // namespace sa
