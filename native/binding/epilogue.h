// What follows a product: options bias, activation and residual, as matmul and int8Matmul take them.
#pragma once

#include "binding/arguments.h"
#include "kernels/matmul/matmul.h"

namespace sa {

// For an output of `rows` x `columns`, contiguous; failures go to `arguments`. `rows` is a double because it
// may be a product of sizes that were not checked yet.
// `bias_length` gets the numbers that the bias has; it may be null.
Epilogue read_epilogue(Arguments& arguments, const Span<float>& out, double rows, int64_t columns,
                       int64_t* bias_length = nullptr);

}  // namespace sa
