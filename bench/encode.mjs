// Encodes the first lines of a file and reports rate, CPU use, event-loop delay and memory of this process.
//   npm run bench:encode -- --model DIR --input FILE [--lines N] [--repeat N] [--threads N] [--json FILE]
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Encoder, info, setThreads } from '../dist/index.js';
import { firstLines } from './lib/lines.mjs';
import { describeMachine } from './lib/machine.mjs';
import { fail, positiveInteger, readOptions, selected } from './lib/options.mjs';
import { writeReport } from './lib/report.mjs';
import { summarize } from './lib/statistics.mjs';

const MEBIBYTE = 2 ** 20;

const options = readOptions({
  command: 'bench:encode',
  summary: 'Times the encoder on the lines of a file.',
  own: {
    model: { value: 'DIR', help: 'sentence-transformers directory' },
    input: { value: 'FILE', help: 'texts, one a line' },
    lines: { value: 'N', help: 'lines of it that are encoded', fallback: 4000, parse: positiveInteger },
    repeat: { fallback: 3 },
  },
});
if (!options.model || !options.input) {
  const given = options.model ? '--model alone' : options.input ? '--input alone' : 'neither';
  fail('--model DIR and --input FILE', given);
}
for (const path of [options.model, options.input]) {
  if (!existsSync(path)) fail('a path that exists', path);
}
const name = `${basename(resolve(options.model))} ${options.lines} lines`;
if (!selected(options.filter, 'encode', name)) process.exit(0);

if (options.threads !== undefined) setThreads(options.threads);
const texts = firstLines(options.input, options.lines);
const { isa, threads, cpu } = info();
console.log(`${cpu}, tier ${isa}, ${threads} thread(s), ${texts.length} texts`);

let start = performance.now();
const encoder = await Encoder.load(options.model);
const load = performance.now() - start;
console.log(`load ${load.toFixed(0)} ms`);
await encoder.encode(texts.slice(0, 64));

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
for (let i = 0; i < options.repeat; i++) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpuStart = process.cpuUsage();
  let tokens = 0;
  delay.enable();
  start = performance.now();
  await encoder.encode(texts, {
    onProgress: (p) => {
      tokens = p.tokens;
    },
  });
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  const { user, system } = process.cpuUsage(cpuStart);
  const busy = (user + system) / 1e6 / seconds;
  const [p99, max] = [delay.percentile(99) / 1e6, delay.max / 1e6];
  const resident = process.memoryUsage.rss() / MEBIBYTE;
  series.rate.values.push(tokens / seconds);
  series.texts.values.push(texts.length / seconds);
  series['cores busy'].values.push(busy);
  series['event-loop delay p99'].values.push(p99);
  series['event-loop delay max'].values.push(max);
  series['resident memory'].values.push(resident);
  console.log(
    `${tokens} tokens in ${seconds.toFixed(2)} s: ${(tokens / seconds).toFixed(0)} tokens/s; ` +
      `${busy.toFixed(2)} cores busy; event-loop delay p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms; ` +
      `resident ${resident.toFixed(0)} MiB`,
  );
}
const { median, low, high } = summarize(series.rate.values);
console.log(`median ${median.toFixed(0)} tokens/s (${low.toFixed(0)}..${high.toFixed(0)})`);

const results = Object.entries(series).map(([what, { unit, values }]) => ({
  suite: 'encode',
  case: what === 'rate' ? name : `${name}: ${what}`,
  contender: 'synthetic-attention',
  tier: isa,
  threads,
  unit,
  ...summarize(values),
}));
writeReport(options.json, describeMachine({ cpu, isa, threads }), results);
encoder.dispose();
