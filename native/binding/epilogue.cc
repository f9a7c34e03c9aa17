#include "binding/epilogue.h"

namespace sa {

Epilogue read_epilogue(Arguments& arguments, const Span<float>& out, double rows, int64_t columns,
                       int64_t* bias_length) {
  Epilogue epilogue;
  const Span<const float> bias = arguments.floats("bias", true),
                          residual = arguments.floats("residual", true);
  epilogue.activation = static_cast<Activation>(arguments.integer("activation", 0, 4));
  if (bias.present()) {
    arguments.expect_length("bias", bias.length, static_cast<double>(columns));
    arguments.expect_apart("out", out, "bias", bias);
    epilogue.bias = bias.data;
    if (bias_length != nullptr) *bias_length = bias.length;
  }
  if (residual.present()) {
    arguments.expect_length("residual", residual.length, rows * static_cast<double>(columns));
    arguments.expect_apart("out", out, "residual", residual);
    epilogue.residual = residual.data;
    epilogue.residual_stride = columns;
  }
  return epilogue;
}

}  // namespace sa
