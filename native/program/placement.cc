#include "program/placement.h"

#include <algorithm>

namespace sa {

Misfit Placement::use_of(const Operation& operation, const std::vector<BufferPlace>& buffers, Use* to) const {
  std::vector<Access> accesses;
  operation.visit(&accesses);
  for (const Access& access : accesses) {
    const int32_t buffer = access.columns.buffer;
    const std::string name = "buffer " + std::to_string(buffer);
    if (access.kind != AccessKind::kWrite) {
      to->reads.set(static_cast<size_t>(buffer));
      continue;
    }
    if (access.columns.count != buffers[static_cast<size_t>(buffer)].columns) {
      return {"operations that write all columns of " + name, std::to_string(access.columns.count)};
    }
    to->writes.set(static_cast<size_t>(buffer));
  }
  if ((to->writes & to->reads).none()) return {};
  return {"operations that write to other buffers than they read", "one that overwrites what it reads"};
}

Misfit Placement::place(const std::vector<std::unique_ptr<Operation>>& operations,
                        const std::vector<int32_t>& order, int32_t result,
                        std::vector<BufferPlace>* buffers) {
  std::vector<Use> uses(operations.size());
  for (size_t i = 0; i < operations.size(); ++i) {
    Misfit misfit = use_of(*operations[i], *buffers, &uses[i]);
    if (!misfit.expected.empty()) return misfit;
  }
  // From the last step to the first: what a later step still reads is alive.
  std::vector<Set> conflicts(buffers->size());
  Set alive;
  alive.set(static_cast<size_t>(result));
  for (size_t i = order.size(); i-- > 0;) {
    const Use& use = uses[static_cast<size_t>(order[i])];
    const Set together = alive | use.reads | use.writes;
    for (size_t b = 0; b < conflicts.size(); ++b) {
      if (together[b]) conflicts[b] |= together;
    }
    alive = (alive & ~use.writes) | use.reads;
  }
  for (size_t b = 0; b < buffers->size(); ++b) {
    if (!alive[b]) continue;
    return {"operations that write buffer " + std::to_string(b) + " before it is read", "none"};
  }
  assign(conflicts, buffers);
  return {};
}

// The widest first, each at the lowest place that those it must not share memory with leave free.
void Placement::assign(const std::vector<Set>& conflicts, std::vector<BufferPlace>* buffers) {
  std::vector<size_t> order(buffers->size());
  for (size_t b = 0; b < order.size(); ++b) order[b] = b;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return (*buffers)[a].columns > (*buffers)[b].columns; });
  floats_ = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    BufferPlace& own = (*buffers)[order[i]];
    own.begin = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (size_t j = 0; j < i; ++j) {
        const BufferPlace& other = (*buffers)[order[j]];
        const bool apart = !conflicts[order[i]][order[j]];
        if (apart || own.begin >= other.begin + other.columns || other.begin >= own.begin + own.columns)
          continue;
        own.begin = other.begin + other.columns;
        moved = true;
      }
    }
    floats_ = std::max(floats_, own.begin + own.columns);
  }
}

}  // namespace sa
