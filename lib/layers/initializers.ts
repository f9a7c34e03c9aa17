/** Keras' default initialisers, with a seed. */
import { allocateFloats } from '../tensor/allocate.js';
import { type Shape, sizeOf } from '../tensor/shape.js';

export type Initializer = 'glorotUniform' | 'zeros' | 'ones';

/** Uniform numbers in [0, 1) from a 32-bit state (splitmix-style mixing); equal seeds give equal weights. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** Fan of a kernel by Keras' rule: the last axis is the output, the one before the input, the rest multiply both. */
function fans(shape: Shape): [number, number] {
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0]!, shape[0]!];
  const receptive = sizeOf(shape.slice(0, -2));
  return [shape.at(-2)! * receptive, shape.at(-1)! * receptive];
}

export function initialize(initializer: Initializer, shape: Shape, random: () => number): Float32Array {
  const data = allocateFloats(shape, 'a weight');
  if (initializer === 'ones') data.fill(1);
  if (initializer === 'glorotUniform') {
    const [fanIn, fanOut] = fans(shape);
    const limit = Math.sqrt(6 / Math.max(1, fanIn + fanOut));
    for (let i = 0; i < data.length; i++) data[i] = (2 * random() - 1) * limit;
  }
  return data;
}
