/** Numbers that stand for names between TypeScript and native code. */

export const Activation = { none: 0, relu: 1, gelu: 2, geluTanh: 3, silu: 4 } as const;
export const ScoreKind = { product: 0, panels: 1, matrix: 2, prepared: 3, outer: 4, additive: 5 } as const;
/** Codes of `binary`, element by element; NaN in either operand gives NaN. See native/kernels/elementwise/binary.h. */
export const BinaryOp = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  maximum: 4,
  minimum: 5,
  squaredDifference: 6,
  /** a < 0 ? a * b : a */
  prelu: 7,
  /** Gradients, with b the gradient of the result: a > 0 ? b : 0 (a is relu's input or result). */
  stepMul: 8,
  /** b * (1 - a * a), a = tanh(x) */
  tanhGrad: 9,
  /** b * a * (1 - a), a = sigmoid(x) */
  sigmoidGrad: 10,
  /** a >= 0 ? b : b * (a + 1), a = elu(x) */
  eluGrad: 11,
  /** b * gelu'(a), a = x: exact form, and the tanh form. */
  geluGrad: 12,
  geluTanhGrad: 13,
} as const;

/** Codes of `unary`, element by element; NaN gives NaN. See native/kernels/elementwise/unary.h. */
export const UnaryOp = {
  neg: 0,
  abs: 1,
  exp: 2,
  log: 3,
  log1p: 4,
  sqrt: 5,
  rsqrt: 6,
  square: 7,
  reciprocal: 8,
  relu: 9,
  relu6: 10,
  /** x < 0 ? alpha * x : x */
  leakyRelu: 11,
  elu: 12,
  selu: 13,
  sigmoid: 14,
  tanh: 15,
  erf: 16,
  /** x > 0 ? 1 : alpha */
  step: 17,
  gelu: 18,
  geluTanh: 19,
  /** x held in [alpha, beta] */
  clip: 20,
} as const;

export const ReduceOp = { sum: 0, mean: 1, max: 2, min: 3 } as const;

/** Results of `lockFile`, see native/runtime/file_lock.h. */
export const FileLock = { locked: 0, busy: 1, unsupported: 2 } as const;
