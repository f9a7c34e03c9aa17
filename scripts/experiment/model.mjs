/**
 * The classifier that is trained: embeddings of words and positions, pre-norm transformer layers around any attention,
 * the mean over the words, one logit. Weights have the names that NativeModel knows them by.
 */
import { dropoutFactors, mix, normal } from './random.mjs';
import { tf } from './tensorflow.mjs';
import { trainableAttention } from './trainable_attention.mjs';
import { attentionOf } from './variants.mjs';

export const EPSILON = 1e-5;
const EMBEDDING_DEVIATION = 0.1;
export const ATTENTION = 'self_attention';
const ATTENTION_NORM = 'self_attention_layer_norm';
const UP = 'feedforward_intermediate_dense';
const DOWN = 'feedforward_output_dense';
const FEED_FORWARD_NORM = 'feedforward_layer_norm';
export const FINAL_NORM = 'final_layer_norm';
export const layerName = (i) => `layer_${i}`;

export class TrainableModel {
  /** By name, {variable, trainable}. */
  #weights = new Map();
  #attention = [];
  #settings;
  #seed;
  #drawn = 0;

  /** @param words the size of the vocabulary */
  constructor(variant, settings, words, seed) {
    const { features, layers, feedForward, maxLength } = settings;
    this.#settings = settings;
    this.#seed = seed;
    this.#random('token_embedding', [words, features], EMBEDDING_DEVIATION);
    this.#random('position_embedding', [maxLength, features], EMBEDDING_DEVIATION);
    for (let i = 0; i < layers; i++) {
      const name = layerName(i);
      const attention = trainableAttention(attentionOf(variant, settings, mix(seed, i)));
      this.#attention.push(attention);
      for (const [part, weight] of attention.weights) {
        this.#weights.set(`${name}/${ATTENTION}/${part}`, weight);
      }
      this.#norm(`${name}/${ATTENTION_NORM}`, features);
      this.#dense(`${name}/${UP}`, features, feedForward);
      this.#dense(`${name}/${DOWN}`, feedForward, features);
      this.#norm(`${name}/${FEED_FORWARD_NORM}`, features);
    }
    this.#norm(FINAL_NORM, features);
    this.#dense('classifier', features, 1);
  }

  get trainable() {
    return [...this.#weights.values()].filter(({ trainable }) => trainable).map(({ variable }) => variable);
  }

  /** Numbers in all weights, and in those that are trained. */
  parameters() {
    const count = (weights) => weights.reduce((sum, { variable }) => sum + variable.size, 0);
    const all = [...this.#weights.values()];
    return { total: count(all), trained: count(all.filter(({ trainable }) => trainable)) };
  }

  /** Copies of all weights by name, {data, shape}. */
  snapshot() {
    return new Map(
      [...this.#weights].map(([name, { variable }]) => [
        name,
        { data: variable.dataSync().slice(), shape: variable.shape },
      ]),
    );
  }

  restore(snapshot) {
    for (const [name, { variable }] of this.#weights) {
      const { data, shape } = snapshot.get(name);
      tf.tidy(() => variable.assign(tf.tensor(data.slice(), shape)));
    }
  }

  /**
   * @param batch of TrainingBatches
   * @param step of the training, which dropout is drawn for; undefined for none
   * @returns logits [rows]
   */
  logits({ rows, length, ids, lengths }, step) {
    const { features } = this.#settings;
    const drop = this.#dropout(step);
    const flat = [rows * length, features];
    const words = tf.gather(this.#variable('token_embedding'), tf.tensor1d(ids, 'int32'));
    const positions = tf.slice(this.#variable('position_embedding'), [0, 0], [length, features]);
    let x = tf.add(tf.reshape(words, [rows, length, features]), positions);
    x = drop(tf.reshape(x, flat));
    const isWord = Uint8Array.from(ids, (_, i) => (i % length < lengths[Math.floor(i / length)] ? 1 : 0));
    const padded = isWord.includes(0);
    const mask = padded ? tf.tensor2d(isWord, [rows, length], 'bool') : undefined;
    for (const [i, attention] of this.#attention.entries()) {
      const name = layerName(i);
      const normed = tf.reshape(this.#normalized(`${name}/${ATTENTION_NORM}`, x), [rows, length, features]);
      x = tf.add(x, drop(tf.reshape(attention.apply(normed, mask), flat)));
      const hidden = this.#linear(
        `${name}/${UP}`,
        this.#normalized(`${name}/${FEED_FORWARD_NORM}`, x),
        'relu',
      );
      x = tf.add(x, drop(this.#linear(`${name}/${DOWN}`, hidden)));
    }
    x = tf.reshape(this.#normalized(FINAL_NORM, x), [rows, length, features]);
    const shares = Float32Array.from(isWord, (one, i) => one / lengths[Math.floor(i / length)]);
    const mean = tf.matMul(tf.tensor3d(shares, [rows, 1, length]), x);
    return tf.reshape(this.#linear('classifier', tf.reshape(mean, [rows, features])), [rows]);
  }

  dispose() {
    for (const { variable } of this.#weights.values()) variable.dispose();
  }

  #dropout(step) {
    const { dropout } = this.#settings;
    let place = 0;
    return (x) => {
      if (step === undefined || dropout === 0) return x;
      const factors = dropoutFactors(x.size, dropout, mix(this.#seed, step, place++));
      return tf.mul(x, tf.tensor(factors, x.shape));
    };
  }

  #variable(name) {
    return this.#weights.get(name).variable;
  }

  #add(name, shape, data) {
    const variable = tf.tidy(() => tf.variable(tf.tensor(data, shape)));
    this.#weights.set(name, { variable, trainable: true });
  }

  #random(name, shape, deviation) {
    const size = shape.reduce((a, b) => a * b, 1);
    this.#add(name, shape, normal(size, deviation, mix(this.#seed, 1000 + this.#drawn++)));
  }

  #norm(name, features) {
    this.#add(`${name}/gamma`, [features], new Float32Array(features).fill(1));
    this.#add(`${name}/beta`, [features], new Float32Array(features));
  }

  #dense(name, inputs, outputs) {
    this.#random(`${name}/kernel`, [inputs, outputs], Math.sqrt(2 / (inputs + outputs)));
    this.#add(`${name}/bias`, [outputs], new Float32Array(outputs));
  }

  #linear(name, a, activation = 'linear') {
    const [b, bias] = [this.#variable(`${name}/kernel`), this.#variable(`${name}/bias`)];
    return tf.fused.matMul({ a, b, bias, activation });
  }

  #normalized(name, x) {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    const scaled = tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON)));
    return tf.add(tf.mul(scaled, this.#variable(`${name}/gamma`)), this.#variable(`${name}/beta`));
  }
}
