#include "binding/quantized_matrix.h"

#include "binding/job.h"
#include "schedule/run.h"

namespace sa {

namespace {

constexpr int64_t kMostColumns = int64_t{1} << 40;

bool allocate(const KernelSet& kernels, QuantizedPanels* to) {
  const int64_t width = kernels.panel_width, columns = (to->n + width - 1) / width * width;
  const size_t bytes = kernels.int8_packed_size(to->k, to->n);
  const size_t panel_floats = (bytes + sizeof(float) - 1) / sizeof(float);
  if (!to->memory.allocate(panel_floats + 2 * static_cast<size_t>(columns))) return false;
  float* base = to->memory.data();
  to->panels.data = reinterpret_cast<int8_t*>(base);
  to->panels.sums = reinterpret_cast<int32_t*>(base + panel_floats);
  to->panels.scales = base + panel_floats + columns;
  return true;
}

}  // namespace

// Options: data Float32Array; k, n; rowStride, columnStride in elements.
QuantizedMatrix::QuantizedMatrix(const Napi::CallbackInfo& info) : Handle(info) {
  const Napi::Env env = info.Env();
  const KernelSet* kernels = require_kernels(env);
  if (kernels == nullptr) return;
  Arguments arguments(env, info[0]);
  const Span<const float> data = arguments.floats("data");
  auto made = std::make_shared<QuantizedPanels>();
  made->k = arguments.integer("k", 0, kInt8LargestK);
  made->n = arguments.size("n");
  const int64_t row = arguments.size("rowStride"), column = arguments.size("columnStride");
  // Rows and columns of [k, n] take the places of head and row; one element each.
  arguments.expect_inside("data", data.length, {0, row, column}, 1, made->k, made->n, 1);
  // `n` alone may be large when k is 0: the check above then says nothing of it.
  if (arguments.ready() && (made->n > kMostColumns || !allocate(*kernels, made.get()))) {
    arguments.fail_memory("quantised panels",
                          (static_cast<double>(made->k) + 2 * sizeof(float)) * static_cast<double>(made->n));
  }
  if (arguments.failed()) {
    throw_native_error(env, arguments.error(), arguments.reason());
    return;
  }
  run_int8_pack(*kernels, {data.data, static_cast<ptrdiff_t>(row), static_cast<ptrdiff_t>(column)}, made->k,
                made->n, made->panels);
  own(info, std::move(made));
}

}  // namespace sa
