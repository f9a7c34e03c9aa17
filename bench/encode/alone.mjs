// The encoder on all texts, some times over, in this process.
import { residentGoal } from '../lib/model_work.mjs';
import { summarize } from '../lib/statistics.mjs';
import { encodeAll, loadEncoder } from './encoder.mjs';

const MEBIBYTE = 2 ** 20;

export async function alone({ model, work, texts, dtype, repeat }) {
  const { encoder, load } = await loadEncoder(model, dtype, texts);
  /** Figures of every run, by case. */
  const series = {
    rate: { unit: 'tokens/s', values: [] },
    texts: { unit: 'texts/s', values: [] },
    'cores busy': { unit: 'cores', values: [] },
    'event-loop delay p99': { unit: 'ms', values: [] },
    'event-loop delay max': { unit: 'ms', values: [] },
    'resident memory': { unit: 'MiB', values: [] },
    load: { unit: 'ms', values: [load] },
  };
  const goal = residentGoal(work, dtype) / MEBIBYTE;
  for (let i = 0; i < repeat; i++) {
    const { tokens, seconds, busy, p99, longest, resident: bytes } = await encodeAll(encoder, texts);
    const resident = bytes / MEBIBYTE;
    series.rate.values.push(tokens / seconds);
    series.texts.values.push(texts.length / seconds);
    series['cores busy'].values.push(busy);
    series['event-loop delay p99'].values.push(p99);
    series['event-loop delay max'].values.push(longest);
    series['resident memory'].values.push(resident);
    console.log(
      `${tokens} tokens in ${seconds.toFixed(2)} s: ${(tokens / seconds).toFixed(0)} tokens/s; ` +
        `${busy.toFixed(2)} cores busy; event-loop delay p99 ${p99.toFixed(1)} ms, max ${longest.toFixed(1)} ms; ` +
        `resident at most ${resident.toFixed(0)} MiB (1.3 x weights + 60 MB is ${goal.toFixed(0)})`,
    );
  }
  encoder.dispose();
  const { median, low, high } = summarize(series.rate.values);
  console.log(`median ${median.toFixed(0)} tokens/s (${low.toFixed(0)}..${high.toFixed(0)})`);
  return Object.entries(series).map(([what, { unit, values }]) => ({
    case: what === 'rate' ? undefined : what,
    unit,
    ...summarize(values),
  }));
}
