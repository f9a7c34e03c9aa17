/** Layer normalisation and GELU, with their gradients, as kernels of the backend 'synthetic'. */
import { BinaryOp, UnaryOp } from '../../../native/addon.js';
import { addon } from '../../../native/load.js';
import { BACKEND_NAME, type SyntheticBackend } from '../../backend/synthetic_backend.js';
import { tf } from '../../tensorflow.js';

type Inputs = Record<string, tf.TensorInfo>;
type Attributes = Record<string, unknown>;
type Kernel = (
  backend: SyntheticBackend,
  inputs: Inputs,
  attrs: Attributes,
) => tf.TensorInfo | tf.TensorInfo[];

const layerNorm: Kernel = (backend, { x, gamma, beta }, { epsilon }) => {
  const values = backend.floats(x!);
  const columns = x!.shape.at(-1)!;
  const y = backend.allocate(values.length);
  addon().layerNorm({
    x: values,
    y,
    rows: values.length / columns,
    columns,
    gamma: backend.floats(gamma!),
    beta: backend.floats(beta!),
    epsilon: epsilon as number,
  });
  return backend.wrap(x!.shape, y);
};

/** dx = (g - mean(g) - z mean(g z)) / s with g = dy gamma, z = (x - mean(x)) / s; dgamma = sum dy z; dbeta = sum dy. */
const layerNormGradient: Kernel = (backend, { x: input, gamma: scale, dy: gradient }, { epsilon }) => {
  const [x, gamma, dy] = [input!, scale!, gradient!].map((info) => backend.floats(info)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const columns = gamma.length;
  const dx = backend.allocate(x.length);
  const [dGamma, dBeta] = [new Float64Array(columns), new Float64Array(columns)];
  for (let row = 0; row < x.length; row += columns) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += x[row + i]!;
    const mean = sum / columns;
    let squares = 0;
    for (let i = 0; i < columns; i++) squares += (x[row + i]! - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / columns + (epsilon as number));
    let [gSum, gzSum] = [0, 0];
    for (let i = 0; i < columns; i++) {
      const z = (x[row + i]! - mean) * factor;
      const d = dy[row + i]!;
      gSum += d * gamma[i]!;
      gzSum += d * gamma[i]! * z;
      dGamma[i]! += d * z;
      dBeta[i]! += d;
    }
    const [gMean, gzMean] = [gSum / columns, gzSum / columns];
    for (let i = 0; i < columns; i++) {
      const z = (x[row + i]! - mean) * factor;
      dx[row + i] = (dy[row + i]! * gamma[i]! - gMean - z * gzMean) * factor;
    }
  }
  const vector = (values: Float64Array): tf.TensorInfo => {
    const out = backend.allocate(columns);
    out.set(values);
    return backend.wrap([columns], out);
  };
  return [backend.wrap(input!.shape, dx), vector(dGamma), vector(dBeta)];
};

const gelu: Kernel = (backend, { x }, { tanh }) => {
  const values = backend.floats(x!);
  const out = backend.allocate(values.length);
  addon().unary({ op: tanh ? UnaryOp.geluTanh : UnaryOp.gelu, x: values, out });
  return backend.wrap(x!.shape, out);
};

const geluGradient: Kernel = (backend, { x, dy }, { tanh }) => {
  const values = backend.floats(x!);
  const out = backend.allocate(values.length);
  addon().binary({
    op: tanh ? BinaryOp.geluTanhGrad : BinaryOp.geluGrad,
    a: values,
    b: backend.floats(dy!),
    out,
    shape: [values.length],
    aStrides: [1],
    bStrides: [1],
  });
  return backend.wrap(x!.shape, out);
};

const KERNELS = {
  SyntheticLayerNorm: layerNorm,
  SyntheticLayerNormGradient: layerNormGradient,
  SyntheticGelu: gelu,
  SyntheticGeluGradient: geluGradient,
} as const;

export type RowKernel = keyof typeof KERNELS;

for (const [kernelName, kernel] of Object.entries<Kernel>(KERNELS)) {
  if (tf.getKernel(kernelName, BACKEND_NAME)) continue;
  tf.registerKernel({
    kernelName,
    backendName: BACKEND_NAME,
    kernelFunc: ({ inputs, backend, attrs }) =>
      kernel(backend as SyntheticBackend, inputs as Inputs, attrs as unknown as Attributes),
  });
}

/** Whether the current backend has these kernels, and there is anything to compute. */
export function hasRowKernels(x: tf.Tensor): boolean {
  return x.size > 0 && tf.getKernel('SyntheticGelu' satisfies RowKernel, tf.getBackend()) !== undefined;
}

export function runRowKernel(name: RowKernel, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor[] {
  const out = tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
  return Array.isArray(out) ? out : [out];
}
