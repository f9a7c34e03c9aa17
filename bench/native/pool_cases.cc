// What it costs to hand work to the pool: an empty region of as many parts as there are threads, started
// while the workers still spin, and after they have parked.
#include <atomic>
#include <memory>

#include "bench.h"
#include "runtime/thread_pool.h"

namespace bench {

void add_pool(Makers& makers) {
  makers.push_back({"pool", "wake spinning", [](const sa::KernelSet&) {
                      Case made;
                      made.unit = "us";
                      made.bounded = false;
                      auto sum = std::make_shared<std::atomic<int64_t>>(0);
                      made.run = [sum] {
                        sa::ThreadPool& pool = sa::ThreadPool::instance();
                        pool.run(pool.threads(), [&](int64_t part) { *sum += part + 1; });
                      };
                      made.check = [sum] {
                        // Every part ran in every region: 1 + 2 + ... + threads each time.
                        const int64_t n = sa::ThreadPool::instance().threads();
                        return *sum > 0 && *sum % (n * (n + 1) / 2) == 0 ? 0.0 : 2.0;
                      };
                      return made;
                    }});
}

}  // namespace bench
