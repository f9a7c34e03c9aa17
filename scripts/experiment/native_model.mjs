// The same classifier made of the package's inference layers and kernels: no TensorFlow.js, no padding.
import { kernels, TransformerEncoderLayer } from '../../dist/index.js';
import { evenBatches } from './batches.mjs';
import { EPSILON, FINAL_NORM, layerName } from './model.mjs';
import { attentionOf } from './variants.mjs';

/** Reviews of one length that are classified together. */
const BATCH = 64;

export class NativeModel {
  #weights;
  #layers;

  /** @param weights as of TrainableModel.snapshot */
  constructor(variant, settings, weights) {
    this.#weights = weights;
    this.#layers = Array.from({ length: settings.layers }, (_, i) => encoderLayer(variant, settings, i));
    for (const [i, layer] of this.#layers.entries()) {
      const prefix = `${layerName(i)}/`;
      const own = [...weights].filter(([name]) => name.startsWith(prefix));
      layer.setWeights(Object.fromEntries(own.map(([name, weight]) => [name.slice(prefix.length), weight])));
      layer.prepare();
    }
  }

  /** @param batch reviews of one length: {rows, length, ids} @returns logits [rows] */
  logits({ rows, length, ids }) {
    const weight = (name) => this.#weights.get(name);
    const positions = Int32Array.from(ids, (_, i) => i % length);
    const rowsOfX = kernels.embedding([
      { table: weight('token_embedding'), ids },
      { table: weight('position_embedding'), ids: positions },
    ]);
    const features = rowsOfX.shape[1];
    let x = { data: rowsOfX.data, shape: [rows, length, features] };
    for (const layer of this.#layers) x = layer.call(x);
    const normed = kernels.layerNorm(
      { data: x.data, shape: [rows * length, features] },
      { gamma: weight(`${FINAL_NORM}/gamma`), beta: weight(`${FINAL_NORM}/beta`), epsilon: EPSILON },
    );
    const mean = kernels.pool(
      normed,
      Int32Array.from({ length: rows + 1 }, (_, i) => i * length),
    );
    return kernels.matmul(mean, weight('classifier/kernel'), { bias: weight('classifier/bias') }).data;
  }

  /** @returns logits of all reviews, in their order */
  classify(reviews) {
    const result = new Float32Array(reviews.length);
    for (const batch of evenBatches(reviews, BATCH)) {
      const logits = this.logits(batch);
      for (const [row, place] of batch.places.entries()) result[place] = logits[row];
    }
    return result;
  }

  dispose() {
    for (const layer of this.#layers) layer.dispose();
  }
}

function encoderLayer(variant, settings, i) {
  const layer = new TransformerEncoderLayer({
    attention: attentionOf(variant, settings, i),
    intermediateDim: settings.feedForward,
    activation: 'relu',
    normalizeFirst: true,
    layerNormEpsilon: EPSILON,
  });
  layer.build([1, settings.maxLength, settings.features]);
  return layer;
}

/** The share of reviews whose logit has the sign of their label, of all and by source. */
export function accuracyOf(logits, reviews) {
  const counts = new Map([['all', [0, 0]]]);
  for (const [i, { label, source }] of reviews.entries()) {
    const right = logits[i] > 0 === (label === 1) ? 1 : 0;
    for (const key of ['all', source]) {
      const [rightOnes, number] = counts.get(key) ?? [0, 0];
      counts.set(key, [rightOnes + right, number + 1]);
    }
  }
  const { all, ...bySource } = Object.fromEntries([...counts].map(([key, [right, n]]) => [key, right / n]));
  return { all, bySource };
}
