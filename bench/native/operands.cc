#include <cstdio>
#include <cstdlib>
#include <memory>

#include "bench.h"

namespace bench {

std::shared_ptr<Operand> operand(int64_t size, uint32_t seed) {
  auto made = std::make_shared<Operand>();
  if (!made->values.allocate(static_cast<size_t>(size))) {
    std::fprintf(stderr, "bench: expected memory for %lld floats but received none\n",
                 static_cast<long long>(size));
    std::exit(1);
  }
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  for (int64_t i = 0; i < size; ++i) made->data()[i] = uniform(generator);
  return made;
}

std::vector<int64_t> sample_rows(int64_t rows) {
  std::vector<int64_t> sample;
  const int64_t step = rows < 8 ? 1 : rows / 7;
  for (int64_t i = 0; i < rows; i += step) sample.push_back(i);
  if (sample.empty() || sample.back() != rows - 1) sample.push_back(rows - 1);
  return sample;
}

}  // namespace bench
