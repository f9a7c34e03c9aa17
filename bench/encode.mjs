// Encodes the first lines of a file and reports rate, CPU use, event-loop delay and memory of this process.
//   npm run bench:encode -- --model DIR --input FILE [--lines N] [--repeat N]
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Encoder, info } from '../dist/index.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    input: { type: 'string' },
    lines: { type: 'string', default: '4000' },
    repeat: { type: 'string', default: '3' },
  },
});
if (!values.model || !values.input) {
  console.error('bench:encode: expected --model DIR and --input FILE but received neither or one of them');
  process.exit(1);
}
const texts = readFileSync(values.input, 'utf8').split('\n').slice(0, Number(values.lines));
const { isa, threads, cpu } = info();
console.log(`${cpu}, tier ${isa}, ${threads} thread(s), ${texts.length} texts`);

let start = performance.now();
const encoder = await Encoder.load(values.model);
console.log(`load ${(performance.now() - start).toFixed(0)} ms`);
await encoder.encode(texts.slice(0, 64));
const rates = [];
for (let i = 0; i < Number(values.repeat); i++) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpuStart = process.cpuUsage();
  let tokens = 0;
  delay.enable();
  start = performance.now();
  await encoder.encode(texts, { onProgress: (p) => (tokens = p.tokens) });
  const seconds = (performance.now() - start) / 1000;
  delay.disable();
  const { user, system } = process.cpuUsage(cpuStart);
  rates.push(tokens / seconds);
  console.log(
    `${tokens} tokens in ${seconds.toFixed(2)} s: ${(tokens / seconds).toFixed(0)} tokens/s; ` +
      `${((user + system) / 1e6 / seconds).toFixed(2)} cores busy; event-loop delay p99 ` +
      `${(delay.percentile(99) / 1e6).toFixed(1)} ms, max ${(delay.max / 1e6).toFixed(1)} ms; ` +
      `resident ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
  );
}
rates.sort((a, b) => a - b);
console.log(
  `median ${rates[Math.floor(rates.length / 2)].toFixed(0)} tokens/s (${rates[0].toFixed(0)}..${rates.at(-1).toFixed(0)})`,
);
