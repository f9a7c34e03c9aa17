// One run: a variant with a seed, from its start or from where it was stopped to its accuracy on the test split.
import { setImmediate } from 'node:timers/promises';
import { Adam } from './adam.mjs';
import { TrainingBatches } from './batches.mjs';
import { TrainableModel } from './model.mjs';
import { accuracyOf, NativeModel } from './native_model.mjs';
import { provesEqual } from './proof.mjs';
import { CHECKPOINT_EVERY } from './settings.mjs';
import { trainStep } from './train_step.mjs';

function validate(variant, settings, model, reviews) {
  const weights = model.snapshot();
  const native = new NativeModel(variant, settings, weights);
  const { all } = accuracyOf(native.classify(reviews), reviews);
  native.dispose();
  return { weights, accuracy: all };
}

/**
 * @param run {variant, seed}
 * @param data of runs.mjs
 * @param checkpoint where the state is kept
 * @param stop {requested}: becomes true when the run shall stop
 * @param progress of progress.mjs
 * @returns the result; undefined where it was stopped
 */
export async function train(run, data, settings, { checkpoint, stop, progress }) {
  const { variant, seed } = run;
  const { train: reviews, validation, test } = data.reviews;
  const batches = new TrainingBatches(reviews, settings, seed);
  const model = new TrainableModel(variant, settings, data.words, seed);
  const adam = new Adam(settings);
  let state = checkpoint.read();
  if (state) {
    model.restore(state.weights);
    adam.restore(state.adam);
  }
  state ??= { step: 0, seconds: 0, tokens: 0, lossSum: 0, lossSteps: 0, best: undefined, history: [] };
  const save = () => checkpoint.write({ ...state, weights: model.snapshot(), adam: adam.snapshot() });
  try {
    progress.start(run, settings.steps, state);
    while (state.step < settings.steps) {
      const start = performance.now();
      const batch = batches.at(state.step);
      const loss = trainStep(model, adam, batch, state.step);
      state.seconds += (performance.now() - start) / 1000;
      state.tokens += batch.lengths.reduce((a, b) => a + b, 0);
      state.lossSum += loss;
      state.lossSteps++;
      state.step++;
      if (state.step % settings.evaluateEvery === 0 || state.step === settings.steps) {
        const { weights, accuracy } = validate(variant, settings, model, validation);
        state.history.push({ step: state.step, loss: state.lossSum / state.lossSteps, validation: accuracy });
        Object.assign(state, { lossSum: 0, lossSteps: 0 });
        if (!(accuracy <= state.best?.accuracy)) state.best = { step: state.step, accuracy, weights };
        progress.evaluated(state.history.at(-1));
      }
      progress.step(state, loss);
      // Signals are heard between steps only.
      await setImmediate();
      if (stop.requested && state.step < settings.steps) {
        save();
        return undefined;
      }
      if (state.step % CHECKPOINT_EVERY === 0) save();
    }
    model.restore(state.best.weights);
    const native = new NativeModel(variant, settings, state.best.weights);
    const difference = provesEqual(run, model, native, test, settings);
    const accuracy = accuracyOf(native.classify(test), test);
    native.dispose();
    return {
      ...run,
      accuracy: accuracy.all,
      bySource: accuracy.bySource,
      validation: state.best.accuracy,
      bestStep: state.best.step,
      parameters: model.parameters(),
      trainSeconds: state.seconds,
      trainTokens: state.tokens,
      difference,
      history: state.history,
    };
  } finally {
    progress.stop();
    model.dispose();
    adam.dispose();
  }
}
