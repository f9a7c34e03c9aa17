#include "binding/packed_matrix.h"

#include "binding/job.h"
#include "dispatch/run.h"

namespace sa {

// Options: data Float32Array; count, k, n; batchStride, rowStride, columnStride in elements.
PackedMatrix::PackedMatrix(const Napi::CallbackInfo& info) : Handle(info) {
  const Napi::Env env = info.Env();
  const KernelSet* kernels = require_kernels(env);
  if (kernels == nullptr) return;
  Arguments arguments(env, info[0]);
  const Span<float> data = arguments.floats("data");
  auto panels = std::make_shared<Panels>();
  panels->count = arguments.size("count");
  panels->k = arguments.size("k");
  panels->n = arguments.size("n");
  const int64_t batch = arguments.size("batchStride"), row = arguments.size("rowStride"),
                column = arguments.size("columnStride");
  // Rows and columns of [k, n] take the places of head and row; one element each.
  arguments.expect_inside("data", data.length, {batch, row, column}, panels->count, panels->k, panels->n, 1);
  if (!arguments.failed()) {
    panels->each = kernels->packed_size(panels->k, panels->n);
    const double floats = static_cast<double>(panels->each) * static_cast<double>(panels->count);
    if (floats > 1e12 || !panels->data.allocate(panels->each * static_cast<size_t>(panels->count))) {
      arguments.fail("data", "a matrix that fits in memory",
                     std::to_string(panels->k) + " x " + std::to_string(panels->n));
    }
  }
  if (arguments.failed()) {
    throw_native_error(env, arguments.error());
    return;
  }
  for (int64_t i = 0; i < panels->count; ++i) {
    run_pack(*kernels, {data.data + i * batch, static_cast<ptrdiff_t>(row), static_cast<ptrdiff_t>(column)},
             panels->k, panels->n, panels->data.data() + static_cast<size_t>(i) * panels->each);
  }
  own(info, std::move(panels));
}

}  // namespace sa
