#include "scores/functions.h"

namespace sa {

namespace {

struct Row {
  const char* kind;
  std::unique_ptr<Score> (*make)();
};

constexpr Row kScores[] = {
    {"dot", new_dot_score},     {"random", new_random_score}, {"factorized", new_factorized_score},
    {"dense", new_dense_score}, {"outer", new_outer_score},   {"relative", new_relative_score},
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
