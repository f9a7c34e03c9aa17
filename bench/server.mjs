// Loads a server over loopback, beside the encoder in this process; all on the same cores.
//   npm run bench:server -- --model DIR --input FILE [--dtype int8] [--lines N] [--repeat N] [--threads N] [--json FILE]
//     --api openai  /v1/embeddings in base64 instead of /embed
//     --restart     instead: how long a killed server takes to start again
import { basename, resolve } from 'node:path';
import { info, setThreads } from '../dist/index.js';
import { firstLines } from './lib/lines.mjs';
import { describeMachine } from './lib/machine.mjs';
import { fail, positiveInteger, readOptions, selected } from './lib/options.mjs';
import { writeReport } from './lib/report.mjs';
import { CASES, ROUTES } from './server/cases.mjs';
import { restarts } from './server/restart.mjs';
import { underLoad } from './server/under_load.mjs';

const DTYPES = ['float32', 'int8'];

const options = readOptions({
  command: 'bench:server',
  summary: 'Loads a server over loopback, beside the encoder in this process.',
  own: {
    model: { value: 'DIR', help: 'sentence-transformers directory' },
    input: { value: 'FILE', help: 'texts, one a line, or the column text of a .tsv; also .gz' },
    lines: { value: 'N', help: 'texts of a case', parse: positiveInteger, fallback: 2000 },
    dtype: { value: 'TYPE', help: `weights, ${DTYPES.join(' or ')}`, fallback: 'float32' },
    api: { value: 'NAME', help: `whose routes, ${Object.keys(ROUTES).join(' or ')}`, fallback: 'tei' },
    repeat: { help: 'rounds', fallback: 5 },
    restart: { help: 'instead: how long a killed server takes to start again' },
  },
});
const { dtype, repeat, api, lines, restart } = options;
if (!options.model) fail('--model DIR', 'none');
if (!restart && !options.input) fail('--input FILE', 'none');
if (!DTYPES.includes(dtype)) fail(`--dtype ${DTYPES.join(' or ')}`, `'${dtype}'`);
if (!Object.hasOwn(ROUTES, api)) fail(`--api ${Object.keys(ROUTES).join(' or ')}`, `'${api}'`);
const cases = CASES.filter(({ name }) => selected(options.filter, 'server', name));
if (cases.length === 0) process.exit(0);
const texts = restart ? [] : firstLines(options.input, lines).filter((text) => text !== '');
if (!restart && texts.length === 0) fail('texts in --input FILE', 'none');

if (options.threads !== undefined) setThreads(options.threads);
const { isa, threads, cpu } = info();
const model = resolve(options.model);
console.log(`${cpu}, tier ${isa}, ${threads} thread(s), ${basename(model)} ${dtype}, ${texts.length} texts`);
let results;
try {
  const measure = restart ? restarts : underLoad;
  results = await measure({ model, dtype, threads, repeat, texts, api, cases });
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exit(1);
}
const labelled = results.map(({ case: what, ...own }) => ({
  suite: 'server',
  contender: 'synthetic-attention',
  tier: isa,
  threads,
  ...own,
  case: `${basename(model)} ${dtype} ${what}`,
}));
writeReport(options.json, describeMachine({ cpu, isa, threads }), labelled);
