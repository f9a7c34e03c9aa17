// Encodes the first lines of files and reports rate, CPU use, event-loop delay and memory of this process.
//   npm run bench:encode -- --model DIR --input FILE [--dtype int8] [--lines N] [--repeat N] [--threads N] [--json FILE]
//     --shuffle   several inputs as one in mixed order, beside texts of one length, in GFLOP/s
//     --cold      the time from the first import to the first embedding, in fresh processes
//     --peers     beside other packages, a process each, one table (bench/peers/encode/requirements.txt for Python's)
import { basename, resolve } from 'node:path';
import { info, setThreads } from '../dist/index.js';
import { alone } from './encode/alone.mjs';
import { besidePeers } from './encode/beside_peers.mjs';
import { coldStart } from './encode/cold_start.mjs';
import { mixedLengths } from './encode/mixed_lengths.mjs';
import { firstLines } from './lib/lines.mjs';
import { describeMachine } from './lib/machine.mjs';
import { modelWork } from './lib/model_work.mjs';
import { fail, positiveInteger, readOptions, selected } from './lib/options.mjs';
import { writeReport } from './lib/report.mjs';
import { shuffled } from './lib/uniform_texts.mjs';
import { CONTENDERS } from './peers/encode/contenders.mjs';

const DTYPES = ['float32', 'int8'];
const MODES = { shuffle: mixedLengths, cold: coldStart, peers: besidePeers };

const options = readOptions({
  command: 'bench:encode',
  summary: 'Times the encoder on the lines of files.',
  own: {
    model: { value: 'DIR', help: 'sentence-transformers directory' },
    input: { value: 'FILE', help: 'texts, one a line, or the column text of a .tsv; also .gz', many: true },
    lines: {
      value: 'N',
      help: 'texts of each input (default 4000, with --peers 2000)',
      parse: positiveInteger,
    },
    dtype: { value: 'TYPE', help: `weights, ${DTYPES.join(' or ')}`, fallback: 'float32' },
    repeat: { help: 'runs, or with --peers rounds of all contenders', fallback: 3 },
    shuffle: { help: 'the inputs in mixed order, beside texts of one length' },
    cold: { help: 'from the first import to the first embedding, in fresh processes' },
    peers: { help: 'beside other packages, a process each' },
    only: { value: 'LIST', help: 'with --peers: contenders whose names have one of these parts' },
    python: {
      value: 'FILE',
      help: 'with --peers: Python with bench/peers/encode/requirements.txt',
      fallback: 'python3',
    },
    reference: { value: 'FILE', help: 'with --peers: .npy with known embeddings of the first texts' },
  },
});
if (!options.model || options.input.length === 0) {
  const given = options.model ? '--model alone' : options.input.length > 0 ? '--input alone' : 'neither';
  fail('--model DIR and --input FILE', given);
}
const modes = Object.keys(MODES).filter((mode) => options[mode]);
if (modes.length > 1) fail(`one of --${Object.keys(MODES).join(', --')}`, `--${modes.join(' and --')}`);
if (!DTYPES.includes(options.dtype)) fail(`--dtype ${DTYPES.join(' or ')}`, `'${options.dtype}'`);
const only = options.only?.split(',');
for (const part of only ?? []) {
  if (CONTENDERS.some(({ name }) => name.includes(part))) continue;
  fail(`--only with parts of ${CONTENDERS.map(({ name }) => name).join(', ')}`, `'${part}'`);
}

const { dtype, repeat, python, reference } = options;
const model = resolve(options.model);
const work = modelWork(model);
const lines = options.lines ?? (options.peers ? 2000 : 4000);
const given = options.input.flatMap((file) => firstLines(file, lines));
const texts = options.input.length > 1 ? shuffled(given) : given;
if (texts.length === 0) fail('texts in --input FILE', 'none');
const name = `${basename(model)} ${texts.length} texts`;
if (!selected(options.filter, 'encode', name)) process.exit(0);

if (options.threads !== undefined) setThreads(options.threads);
const { isa, threads, cpu } = info();
console.log(`${cpu}, tier ${isa}, ${threads} thread(s), ${texts.length} texts`);
const measure = MODES[modes[0]] ?? alone;
const results = await measure({
  model,
  work,
  texts,
  dtype,
  repeat,
  isa,
  threads,
  name,
  only,
  python,
  reference,
});

/** Modes say what is their own: 'case' is undefined where the whole is measured. */
const labelled = ({ case: what, ...own }) => ({
  suite: 'encode',
  contender: 'synthetic-attention',
  tier: isa,
  threads,
  ...own,
  case: name + (own.contender || dtype === 'float32' ? '' : ` ${dtype}`) + (what ? `: ${what}` : ''),
});
writeReport(options.json, describeMachine({ cpu, isa, threads }), results.map(labelled));
