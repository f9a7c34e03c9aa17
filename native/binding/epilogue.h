// What follows a product: options bias, activation and residual, as matmul and int8Matmul take them.
#pragma once

#include "binding/arguments.h"
#include "kernels/matmul/matmul.h"

namespace sa {

// For an output of `rows` x `columns`, contiguous; failures go to `arguments`. `rows` is a double because it
// may be a product of sizes that were not checked yet.
Epilogue read_epilogue(Arguments& arguments, const Span<float>& out, double rows, int64_t columns);

}  // namespace sa
