// What threads that tokenize are worth: rates with none, with one and with 'auto', in turn, and that embeddings are equal.
//   node bench/tokenizer_workers.mjs --tokenizer DIR --input FILE [--lines N] [--repeat N] [--threads N] [--json FILE]
//     --model DIR   instead of --tokenizer: this model, not one so small that tokenization is most of its work
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Encoder, info, setThreads } from '../dist/index.js';
import { encodeAll } from './encode/encoder.mjs';
import { writeSmallModel } from './encode/small_model.mjs';
import { firstLines } from './lib/lines.mjs';
import { describeMachine } from './lib/machine.mjs';
import { fail, positiveInteger, readOptions } from './lib/options.mjs';
import { writeReport } from './lib/report.mjs';
import { summarize } from './lib/statistics.mjs';

const WORKERS = [0, 1, 'auto'];
/** Texts are encoded so many times over in one call, or it would be over before a thread is warm. */
const TIMES = 5;

const options = readOptions({
  command: 'tokenizer_workers.mjs',
  summary: 'Times the encoder with and without threads that tokenize.',
  own: {
    tokenizer: { value: 'DIR', help: 'folder with tokenizer.json, for a very small model' },
    model: { value: 'DIR', help: 'a model instead' },
    input: { value: 'FILE', help: 'texts, one a line, or the column text of a .tsv; also .gz' },
    lines: { value: 'N', help: 'texts', parse: positiveInteger, fallback: 20000 },
    repeat: { help: 'rounds', fallback: 5 },
  },
});
if (!options.input || !options.tokenizer === !options.model) {
  fail('--input FILE and one of --tokenizer DIR, --model DIR', 'something else');
}
if (options.threads !== undefined) setThreads(options.threads);
const { isa, threads, cpu } = info();
const texts = firstLines(options.input, options.lines);
const all = Array.from({ length: TIMES }, () => texts).flat();
console.log(`${cpu}, tier ${isa}, ${threads} thread(s), ${texts.length} texts, ${TIMES} times over`);

const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
if (options.tokenizer) writeSmallModel(options.tokenizer, folder);

const rates = new Map(WORKERS.map((workers) => [workers, []]));
let expected;
for (let round = 0; round < options.repeat; round++) {
  for (const workers of WORKERS) {
    const encoder = await Encoder.load(options.model ?? folder, { tokenizerWorkers: workers });
    const { data } = await encoder.encode(texts);
    expected ??= Buffer.from(data.buffer);
    if (!expected.equals(Buffer.from(data.buffer))) fail('the same embeddings', 'others', 1);
    const { tokens, seconds } = await encodeAll(encoder, all);
    rates.get(workers).push(tokens / seconds);
    encoder.dispose();
  }
}
const results = [...rates].map(([workers, values]) => {
  const { median, low, high, spread } = summarize(values);
  const range = `${low.toFixed(0)}..${high.toFixed(0)}`;
  console.log(`${String(workers).padEnd(4)} ${median.toFixed(0)} tokens/s (${range})`);
  const what = { suite: 'tokenizer workers', case: String(workers), contender: 'synthetic-attention' };
  return { ...what, tier: isa, threads, unit: 'tokens/s', median, low, high, spread };
});
writeReport(options.json, describeMachine({ cpu, isa, threads }), results);
