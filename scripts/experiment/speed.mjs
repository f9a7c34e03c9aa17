// A training step, and inference through the native layers: all variants in turn, so that a busy moment of the machine
// meets them alike.
import { summarize } from '../../bench/lib/statistics.mjs';
import { Adam } from './adam.mjs';
import { TrainableModel } from './model.mjs';
import { NativeModel } from './native_model.mjs';
import { integers, normal } from './random.mjs';
import { trainStep } from './train_step.mjs';
import { attentionOf } from './variants.mjs';

const WARM_UP = 3;

/** Speed does not depend on the weights, so fresh ones do. */
function prepared(variant, settings, words) {
  const { batch: rows, maxLength: length, features } = settings;
  const trainable = new TrainableModel(variant, settings, words, 0);
  const model = new NativeModel(variant, settings, trainable.snapshot());
  const attention = attentionOf(variant, settings, 0);
  attention.prepare();
  const next = integers(1);
  const batch = {
    rows,
    length,
    ids: Int32Array.from({ length: rows * length }, () => next() % words),
    lengths: Array(rows).fill(length),
    labels: Float32Array.from({ length: rows }, () => next() % 2),
  };
  const adam = new Adam(settings);
  const x = { data: normal(rows * length * features, 1, 1), shape: [rows, length, features] };
  return {
    variant,
    calls: {
      training: () => trainStep(trainable, adam, batch, 0),
      model: () => model.logits(batch),
      attention: () => attention.call(x),
    },
    dispose() {
      trainable.dispose();
      adam.dispose();
      model.dispose();
      attention.dispose();
    },
  };
}

/**
 * Tokens a second of full batches of the longest length: training, the whole classifier, and one attention layer alone.
 * @returns [{variant, training: {median, low, high, spread}, model: {...}, attention: {...}}]
 */
export function measureSpeed(variants, settings, words, rounds) {
  const subjects = variants.map((variant) => prepared(variant, settings, words));
  const tokens = settings.batch * settings.maxLength;
  const rates = new Map(variants.map((variant) => [variant, { training: [], model: [], attention: [] }]));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const { variant, calls } of subjects) {
      for (const [name, call] of Object.entries(calls)) {
        const start = performance.now();
        call();
        if (round >= 0) rates.get(variant)[name].push((1000 * tokens) / (performance.now() - start));
      }
    }
  }
  for (const subject of subjects) subject.dispose();
  return [...rates].map(([variant, measured]) => ({
    variant,
    ...Object.fromEntries(Object.entries(measured).map(([name, values]) => [name, summarize(values)])),
  }));
}
