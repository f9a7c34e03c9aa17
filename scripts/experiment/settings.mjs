// What every variant has in common: one table, written into the results.

/**
 * Found by a few short runs of the vanilla model alone and then kept. The rest of the model is equal for all variants,
 * as in the paper: what differs in speed and in parameters is the attention scores and nothing else. Width, length and
 * vocabulary are such that parameters agree within 5 %, see docs/experiment.md.
 */
export const SETTINGS = {
  /** Words of a review that are read: the last ones, where reviewers conclude. */
  maxLength: 96,
  /** The most frequent words of the training split; the rest is one unknown word. */
  vocabulary: 10_000,
  features: 128,
  heads: 4,
  layers: 2,
  feedForward: 256,
  dropout: 0.2,
  /** Of factorized random scores. */
  rank: 8,
  batch: 32,
  steps: 2000,
  /** Of Adam at the end of the warm-up; falls linearly to 0 from there. */
  learningRate: 1e-3,
  warmUp: 200,
  /** The weights of the best accuracy on the validation split are the result; it is taken every so many steps. */
  evaluateEvery: 200,
};

/** Files are written every so many steps, that a crash may cost. */
export const CHECKPOINT_EVERY = 200;
