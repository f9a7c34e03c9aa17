// Progress on stderr: a bar on a terminal, lines elsewhere.
import { Presets, SingleBar } from 'cli-progress';

const LINE_EVERY_MS = 10_000;
const BAR =
  '{name} {bar} {value}/{total} | loss {loss} | validation {validation} | {rate} tokens/s | {left} left';

const percent = (share) => (share === undefined ? '...' : `${(100 * share).toFixed(1)} %`);

function duration(seconds) {
  if (!Number.isFinite(seconds)) return '...';
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** @param runs how many there are in all */
export function createProgress(stderr, runs) {
  let number = 0;
  let name;
  let bar;
  let total;
  let loss;
  let validation;
  let written;
  const figures = ({ step, tokens, seconds }) => ({
    name,
    loss: loss?.toFixed(3) ?? '...',
    validation: percent(validation),
    rate: seconds > 0 ? Math.round(tokens / seconds).toLocaleString('en-US') : '...',
    left: duration((seconds / step) * (total - step)),
  });
  return {
    /** Counts a run that an earlier call has finished. */
    skip() {
      number++;
    },
    start({ variant, seed }, steps, state) {
      name = `[${++number}/${runs}] ${variant}, seed ${seed}`;
      total = steps;
      loss = undefined;
      validation = state.history.at(-1)?.validation;
      written = performance.now();
      if (!stderr.isTTY) {
        if (state.step > 0) stderr.write(`${name}: goes on after step ${state.step}\n`);
        return;
      }
      bar = new SingleBar(
        { format: BAR, barsize: 20, stream: stderr, hideCursor: true },
        Presets.shades_classic,
      );
      bar.start(total, state.step, figures(state));
    },
    step(state, newLoss) {
      // Smoothed: the loss of one batch says little.
      loss = loss === undefined ? newLoss : 0.95 * loss + 0.05 * newLoss;
      if (bar) return bar.update(state.step, figures(state));
      if (performance.now() - written < LINE_EVERY_MS) return;
      written = performance.now();
      const { rate, left } = figures(state);
      stderr.write(
        `${name}: step ${state.step}/${total}, loss ${loss.toFixed(3)}, ${rate} tokens/s, ${left} left\n`,
      );
    },
    evaluated(entry) {
      validation = entry.validation;
      if (bar) return;
      const { step, loss: mean } = entry;
      stderr.write(
        `${name}: step ${step}/${total}, loss ${mean.toFixed(4)}, validation ${percent(validation)}\n`,
      );
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}
