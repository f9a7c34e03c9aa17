// What the word table of a model costs: CPU time to the first embedding, and memory, in fresh processes.
//   node bench/word_table.mjs --model DIR --input FILE [--words N] [--dtype int8] [--lines N] [--repeat N]
//     --words   of a copy of the model whose table has N rows, those of the model over and over
//     --whole   with the whole weights file read into memory beside it, which is what a table at load would cost
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstLines } from './lib/lines.mjs';

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    ...{ model: text, input: text, words: text, dtype: { ...text, default: 'float32' } },
    ...{ lines: { ...text, default: '2000' }, repeat: { ...text, default: '5' } },
    ...{ whole: { type: 'boolean', default: false }, child: { type: 'boolean', default: false } },
  },
});
const resident = () => Number(/VmRSS:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;

/** A copy of `from` with a table of so many words. */
function withWords(from, to, words) {
  cpSync(from, to, { recursive: true, dereference: true });
  const file = readFileSync(join(from, 'model.safetensors'));
  const size = Number(file.readBigUInt64LE());
  const header = {};
  const parts = [];
  let at = 0;
  for (const [name, entry] of Object.entries(JSON.parse(file.toString('utf8', 8, 8 + size)))) {
    if (name === '__metadata__') continue;
    const [begin, end] = entry.data_offsets;
    let data = file.subarray(8 + size + begin, 8 + size + end);
    let { shape } = entry;
    if (name.endsWith('word_embeddings.weight')) {
      const row = data.length / shape[0];
      const larger = Buffer.alloc(words * row);
      for (let i = 0; i < larger.length; i += data.length) data.copy(larger, i);
      data = larger;
      shape = [words, shape[1]];
    }
    header[name] = { dtype: entry.dtype, shape, data_offsets: [at, at + data.length] };
    at += data.length;
    parts.push(data);
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  rmSync(join(to, 'model.safetensors'));
  const output = openSync(join(to, 'model.safetensors'), 'wx');
  for (const part of [length, json, ...parts]) {
    for (let done = 0; done < part.length; ) done += writeSync(output, part, done);
  }
  closeSync(output);
  const config = JSON.parse(readFileSync(join(from, 'config.json'), 'utf8'));
  rmSync(join(to, 'config.json'));
  writeFileSync(join(to, 'config.json'), JSON.stringify({ ...config, vocab_size: words }));
}

async function measure() {
  const texts = firstLines(values.input, Number(values.lines));
  const { Encoder } = await import('../dist/index.js');
  const start = process.cpuUsage();
  const held = values.whole ? readFileSync(join(values.model, 'model.safetensors')) : undefined;
  const encoder = await Encoder.load(values.model, { dtype: values.dtype });
  await encoder.encode(texts[0]);
  const { user, system } = process.cpuUsage(start);
  const first = resident();
  await encoder.encode(texts);
  console.log(JSON.stringify({ cpu: (user + system) / 1000, first, all: resident(), held: held?.length }));
}

function report() {
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  try {
    const model = values.words === undefined ? values.model : join(folder, 'model');
    if (values.words !== undefined) withWords(values.model, model, Number(values.words));
    const passed = ['--input', values.input, '--dtype', values.dtype, '--lines', values.lines];
    const args = [
      import.meta.filename,
      '--child',
      '--model',
      model,
      ...passed,
      ...(values.whole ? ['--whole'] : []),
    ];
    const runs = Array.from({ length: Number(values.repeat) }, () =>
      JSON.parse(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout),
    );
    const range = (key) => {
      const numbers = runs.map((run) => run[key]).sort((a, b) => a - b);
      return `${numbers[0].toFixed(0)} to ${numbers.at(-1).toFixed(0)}`;
    };
    console.log(`CPU time to the first embedding ${range('cpu')} ms; resident then ${range('first')} MiB`);
    console.log(`resident after ${values.lines} texts ${range('all')} MiB`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (values.child) await measure();
else report();
