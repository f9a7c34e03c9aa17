// Random numbers that are the same on every platform: the distributions of the standard library are not.
#pragma once

#include <cmath>
#include <cstdint>

namespace sa_test {

// splitmix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // Both ends included.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }

  bool chance(int percent) { return between(0, 99) < percent; }

  // In [low, high).
  float uniform(float low, float high) {
    return low + (high - low) * static_cast<float>(static_cast<double>(next() >> 40) / 16777216.0);
  }

  // Mostly up to `usual`; one in thirty up to `rare`.
  int64_t size(int64_t low, int64_t usual, int64_t rare) {
    return between(low, between(0, 29) == 0 ? rare : usual);
  }

 private:
  uint64_t state_;
};

// How the numbers of an operand are spread: each kind stresses another rounding.
enum class Numbers { kUnit, kPositive, kWide, kSmallIntegers };

inline Numbers any_numbers(Random& random) { return static_cast<Numbers>(random.between(0, 3)); }

inline float number(Random& random, Numbers kind) {
  switch (kind) {
    case Numbers::kUnit:
      return random.uniform(-1.0f, 1.0f);
    case Numbers::kPositive:  // no cancellation: sums grow and round
      return random.uniform(0.5f, 1.0f);
    case Numbers::kWide:  // terms of very different size
      return std::ldexp(random.uniform(-1.0f, 1.0f), static_cast<int>(random.between(-12, 12)));
    case Numbers::kSmallIntegers:  // exact in float32: any wrong index shows in full
      return static_cast<float>(random.between(-4, 4));
  }
  return 0.0f;
}

}  // namespace sa_test
