#include "scores/score.h"

namespace sa {

// What makes each, in the file of its name.
std::unique_ptr<Score> new_dot_product_score();
std::unique_ptr<Score> new_random_score();
std::unique_ptr<Score> new_factorized_random_score();
std::unique_ptr<Score> new_dense_score();
std::unique_ptr<Score> new_factorized_dense_score();
std::unique_ptr<Score> new_relative_score();

namespace {

struct Row {
  const char* kind;
  std::unique_ptr<Score> (*make)();
};

constexpr Row kScores[] = {
    {"dot-product", new_dot_product_score},
    {"random", new_random_score},
    {"factorized-random", new_factorized_random_score},
    {"dense", new_dense_score},
    {"factorized-dense", new_factorized_dense_score},
    {"relative", new_relative_score},
};

}  // namespace

std::unique_ptr<Score> new_score(const std::string& kind) {
  for (const Row& row : kScores) {
    if (kind == row.kind) return row.make();
  }
  return nullptr;
}

std::string score_kinds() {
  std::string all;
  for (const Row& row : kScores) all += (all.empty() ? "" : ", ") + std::string(row.kind);
  return all;
}

}  // namespace sa
