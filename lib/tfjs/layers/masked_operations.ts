/**
 * TensorFlow.js operations for which what is masked does not count, whatever it holds: neither in their results nor in
 * their gradients. `allowed` is a bool tensor [batch or 1, heads, queries, keys].
 */
import { tf } from '../tensorflow.js';
import { addSpoilt, withoutSpoilt } from './spoilt.js';

/** A function of tensors with a gradient of its own for each, made of operations that have gradients too. */
function withGradient(
  forward: () => tf.Tensor,
  inputs: readonly tf.Tensor[],
  kept: readonly tf.Tensor[],
  gradients: (dy: tf.Tensor, kept: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor {
  const operation = tf.customGrad((...given) => {
    const save = given.pop() as unknown as tf.GradSaveFunc;
    save([...kept]);
    return { value: forward(), gradFunc: gradients };
  });
  return operation(...inputs);
}

/**
 * Whether all numbers are finite and far from the largest: products with weights then are finite too. It waits for the
 * sum, which costs nothing where tensors are in the memory of the program.
 */
export function isTame(x: tf.Tensor): boolean {
  return Number.isFinite(tf.tidy(() => tf.sum(tf.square(x))).dataSync()[0]);
}

/** x where it is allowed, `fill` elsewhere. The gradient of what is masked is 0, even where dy has a NaN. */
export function keepAllowed(allowed: tf.Tensor, x: tf.Tensor, fill: number): tf.Tensor {
  const shape = x.shape.map((size, i) => Math.max(size, allowed.shape[i]!));
  const written = tf.broadcastTo(x, shape);
  return withGradient(
    () => tf.where(allowed, written, fill),
    [written],
    [allowed],
    (dy, [mask]) => [keepAllowed(mask!, dy, 0)],
  );
}

function spoiltProduct(a: tf.Tensor, b: tf.Tensor, allowed: tf.Tensor, transposeA: boolean): tf.Tensor {
  const values = b.dataSync() as Float32Array;
  const clean = tf.tensor(withoutSpoilt(values), b.shape);
  const product = tf.matMul(a, clean, transposeA);
  const [m, n] = product.shape.slice(-2) as [number, number];
  const k = b.shape.at(-2)!;
  const batch = b.size / (k * n);
  const out = Float32Array.from(product.dataSync());
  const seen = tf.broadcastTo(allowed, a.shape).dataSync() as Uint8Array;
  addSpoilt(out, a.dataSync() as Float32Array, values, { batch, m, n, k, transposeA }, seen);
  return tf.tensor(out, product.shape);
}

/** a b, or a^T b, where a is 0 at what is not allowed: what b holds there does not count. a has the shape of all pairs. */
export function maskedProduct(
  a: tf.Tensor,
  b: tf.Tensor,
  allowed: tf.Tensor | undefined,
  transposeA = false,
): tf.Tensor {
  if (allowed === undefined) return tf.matMul(a, b, transposeA);
  return withGradient(
    () => (isTame(b) ? tf.matMul(a, b, transposeA) : spoiltProduct(a, b, allowed, transposeA)),
    [a, b],
    [a, b, allowed],
    (dy, [left, right, mask]) => [
      keepAllowed(
        mask!,
        transposeA ? tf.matMul(right!, dy, false, true) : tf.matMul(dy, right!, false, true),
        0,
      ),
      maskedProduct(left!, dy, mask!, !transposeA),
    ],
  );
}

/** query key^T of each head where it is allowed, 0 elsewhere. */
export function maskedLogits(query: tf.Tensor, key: tf.Tensor, allowed: tf.Tensor | undefined): tf.Tensor {
  if (allowed === undefined) return tf.matMul(query, key, false, true);
  return withGradient(
    () => keepAllowed(allowed, tf.matMul(query, key, false, true), 0),
    [query, key],
    [query, key, allowed],
    (dy, [q, k, mask]) => {
      const kept = keepAllowed(mask!, dy, 0);
      return [maskedProduct(kept, k!, mask!), maskedProduct(kept, q!, mask!, true)];
    },
  );
}
