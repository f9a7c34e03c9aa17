#include "binding/packed_matrix.h"

#include "binding/job.h"
#include "schedule/run.h"

namespace sa {

// More than any address space holds; their bytes still fit in 64 bits.
static constexpr double kMostFloats = 1e12;

// Options: data Float32Array; count, k, n; batchStride, rowStride, columnStride in elements.
PackedMatrix::PackedMatrix(const Napi::CallbackInfo& info) : Handle(info) {
  const Napi::Env env = info.Env();
  const KernelSet* kernels = require_kernels(env);
  if (kernels == nullptr) return;
  Arguments arguments(env, info[0]);
  const Span<const float> data = arguments.floats("data");
  auto panels = std::make_shared<Panels>();
  panels->count = arguments.size("count");
  panels->k = arguments.size("k");
  panels->n = arguments.size("n");
  const int64_t batch = arguments.size("batchStride"), row = arguments.size("rowStride"),
                column = arguments.size("columnStride");
  // Rows and columns of [k, n] take the places of head and row; one element each.
  arguments.expect_inside("data", data.length, {batch, row, column}, panels->count, panels->k, panels->n, 1);
  // One axis of none makes all sizes 0, however large the others are.
  const bool empty = panels->count == 0 || panels->k == 0 || panels->n == 0;
  if (arguments.ready() && !empty) {
    panels->each = kernels->packed_size(panels->k, panels->n);
    const double floats = static_cast<double>(panels->each) * static_cast<double>(panels->count);
    if (floats > kMostFloats || !panels->data.allocate(panels->each * static_cast<size_t>(panels->count))) {
      arguments.fail_memory("packed panels", floats * sizeof(float));
    }
  }
  if (arguments.failed()) {
    throw_native_error(env, arguments.error(), arguments.reason());
    return;
  }
  for (int64_t i = 0; !empty && i < panels->count; ++i) {
    run_pack(*kernels, {data.data + i * batch, static_cast<ptrdiff_t>(row), static_cast<ptrdiff_t>(column)},
             panels->k, panels->n, panels->data.data() + static_cast<size_t>(i) * panels->each);
  }
  own(info, std::move(panels));
}

}  // namespace sa
