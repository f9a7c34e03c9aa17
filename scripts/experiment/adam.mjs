// TensorFlow.js' Adam with a warm-up and a linear decay, whose state can be kept and taken up to the bit.
import { tf } from './tensorflow.mjs';

export class Adam {
  #settings;
  #optimizer;

  constructor(settings) {
    this.#settings = settings;
    this.#optimizer = tf.train.adam(settings.learningRate);
  }

  /** @param gradients [{name, tensor}], always in the same order */
  apply(gradients, step) {
    const { learningRate, warmUp, steps } = this.#settings;
    const up = Math.min(warmUp, steps / 2);
    const share = step < up ? (step + 1) / up : (steps - step) / (steps - up);
    this.#optimizer.learningRate = learningRate * share;
    this.#optimizer.applyGradients(gradients);
  }

  /** Copies: the moments in the order of the gradients, and the powers of the decay rates. */
  snapshot() {
    const { accumulatedFirstMoment, accumulatedSecondMoment, accBeta1, accBeta2 } = this.#optimizer;
    const copy = (variable) => ({ data: variable.dataSync().slice(), shape: variable.shape });
    return {
      first: accumulatedFirstMoment.map(({ variable }) => copy(variable)),
      second: accumulatedSecondMoment.map(({ variable }) => copy(variable)),
      powers: [accBeta1, accBeta2].map(copy),
    };
  }

  /** Not by its setWeights, which takes the powers anew by `pow`: other bits than repeated products have. */
  restore({ first, second, powers }) {
    const tensorOf = ({ data, shape }) => tf.tensor(data.slice(), shape);
    const moments = (list) =>
      list.map((moment, i) => ({
        originalName: `moment_${i}`,
        variable: tf.tidy(() => tf.variable(tensorOf(moment), false)),
      }));
    this.#optimizer.accumulatedFirstMoment = moments(first);
    this.#optimizer.accumulatedSecondMoment = moments(second);
    tf.tidy(() => {
      this.#optimizer.accBeta1.assign(tensorOf(powers[0]));
      this.#optimizer.accBeta2.assign(tensorOf(powers[1]));
    });
  }

  dispose() {
    this.#optimizer.dispose();
  }
}
