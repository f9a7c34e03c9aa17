// Reviews of about one length together: padding is work for nothing.
import { mix, shuffled } from './random.mjs';
import { PADDING } from './vocabulary.mjs';

/** Lengths are filled up to a multiple of this. */
const STEP = 16;

function groups(reviews, key) {
  const byKey = new Map();
  for (const review of reviews) {
    const k = key(review);
    if (!byKey.has(k)) byKey.set(k, []);
    byKey.get(k).push(review);
  }
  return [...byKey].sort(([a], [b]) => a - b);
}

function cut(list, size) {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

function padded(reviews, length) {
  const ids = new Int32Array(reviews.length * length).fill(PADDING);
  for (const [row, review] of reviews.entries()) ids.set(review.ids, row * length);
  const lengths = reviews.map((review) => review.ids.length);
  const labels = Float32Array.from(reviews, ({ label }) => label);
  return { rows: reviews.length, length, ids, lengths, labels };
}

/** The batches of training: every review once an epoch, in an order that depends on seed and epoch alone. */
export class TrainingBatches {
  #reviews;
  #size;
  #seed;
  #maxLength;
  #epoch = -1;
  #batches = [];

  /** @param reviews [{ids, label}] */
  constructor(reviews, { batch, maxLength }, seed) {
    this.#reviews = reviews;
    this.#size = batch;
    this.#maxLength = maxLength;
    this.#seed = seed;
    this.perEpoch = this.#made(0).length;
  }

  /** @returns {rows, length, ids [rows * length], lengths, labels} */
  at(step) {
    const epoch = Math.floor(step / this.perEpoch);
    if (epoch !== this.#epoch) {
      this.#batches = this.#made(epoch);
      this.#epoch = epoch;
    }
    const { reviews, length } = this.#batches[step % this.perEpoch];
    return padded(reviews, Math.min(length, this.#maxLength));
  }

  #made(epoch) {
    const order = shuffled(this.#reviews, mix(this.#seed, epoch, 0));
    const batches = groups(order, ({ ids }) => Math.ceil(ids.length / STEP) * STEP).flatMap(
      ([length, reviews]) => cut(reviews, this.#size).map((part) => ({ reviews: part, length })),
    );
    return shuffled(batches, mix(this.#seed, epoch, 1));
  }
}

/** Batches without any padding: reviews of the very same length, each with its place in the list. */
export function evenBatches(reviews, size) {
  const placed = reviews.map((review, place) => ({ ...review, place }));
  return groups(placed, ({ ids }) => ids.length).flatMap(([length, group]) =>
    cut(group, size).map((part) => ({ ...padded(part, length), places: part.map(({ place }) => place) })),
  );
}
