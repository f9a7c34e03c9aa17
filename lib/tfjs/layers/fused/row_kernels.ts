/** Layer normalisation and GELU, with their gradients, as kernels of the backend 'synthetic'. */
import { BinaryOp, UnaryOp } from '../../../native/codes.js';
import { addon } from '../../../native/load.js';
import { tf } from '../../tensorflow.js';
import { type OwnKernel, registerOwnKernels } from './own_kernels.js';

type Attributes = Record<string, unknown>;
type Kernel = OwnKernel<Attributes>;

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

/** dx, dgamma and dbeta. */
const layerNormGradient: Kernel = (backend, { x, gamma, dy }, { epsilon }) => {
  const values = backend.floats(x!);
  const columns = x!.shape.at(-1)!;
  const dx = backend.allocate(values.length);
  const [dGamma, dBeta] = [backend.allocate(columns), backend.allocate(columns)];
  addon().layerNormGradient({
    x: values,
    dy: backend.floats(dy!),
    dx,
    rows: values.length / columns,
    columns,
    gamma: backend.floats(gamma!),
    dGamma,
    dBeta,
    epsilon: epsilon as number,
  });
  return [backend.wrap(x!.shape, dx), backend.wrap([columns], dGamma), backend.wrap([columns], dBeta)];
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

registerOwnKernels<Attributes>(KERNELS);

/** Whether the current backend has these kernels, and there is anything to compute. */
export function hasRowKernels(x: tf.Tensor): boolean {
  return x.size > 0 && tf.getKernel('SyntheticGelu' satisfies RowKernel, tf.getBackend()) !== undefined;
}

export function runRowKernel(name: RowKernel, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor[] {
  const out = tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
  return Array.isArray(out) ? out : [out];
}
