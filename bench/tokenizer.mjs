// Times tokenizers on texts of one unit, repeated: all of a text, its longest step, and what truncation leaves of both.
//   npm run bench:tokenizer -- [--tokenizer NAME]... [--filter TEXT] [--lengths 25000,200000,2000000] [--all] [--json FILE]
// Tokenizers and units are those of test/golden/tokenizer_runs.json; the table has those runs that were slow once.
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describeMachine } from './lib/machine.mjs';
import { fail, readOptions } from './lib/options.mjs';
import { table, writeReport } from './lib/report.mjs';

const NAMES = [
  'synthesizer-mini',
  'camembert',
  'roberta',
  'mpnet',
  'modernbert',
  'xlm_roberta',
  'bpe_expression',
];
const RUNS = [
  'word',
  'letter',
  'digit',
  'underscore',
  'full stop',
  'space',
  'ideographic space',
  'spaces inside',
  'spaces before a mask',
  'marks in turn',
  'marks in turn after a letter',
  'Deseret',
  'family',
  'ideograph',
  'mask',
];
/** Ids to which texts are truncated in the second measurement. */
const TRUNCATED = 512;

function lengthsOf(name, text) {
  const lengths = text.split(',').map(Number);
  if (!lengths.every((length) => Number.isSafeInteger(length) && length > 0)) {
    fail(`--${name} with positive integers and commas`, `'${text}'`);
  }
  return lengths;
}

const options = readOptions({
  command: 'bench:tokenizer',
  summary: 'Times tokenizers on texts of one unit, repeated.',
  own: {
    tokenizer: { value: 'NAME', help: 'a tokenizer of test/golden; may be given several times', many: true },
    lengths: { value: 'N,N', help: 'code units', parse: lengthsOf, fallback: [25_000, 200_000, 2_000_000] },
    all: { help: 'every tokenizer and every unit of the goldens' },
  },
});

/** Tokenizers are no export of the package; inside of build, so that the package's root is found above. */
async function bundle() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const outfile = join(root, 'build/bench/golden_tokenizers.mjs');
  await build({
    entryPoints: [join(root, 'test/support/golden_tokenizers.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  });
  return import(outfile);
}

/** Milliseconds of every step, and the number of ids. */
function measure(tokenizer, text, maxLength) {
  const times = [];
  const steps = tokenizer.steps(text, maxLength);
  for (let last = performance.now(); ; ) {
    const step = steps.next();
    const now = performance.now();
    times.push(now - last);
    last = now;
    if (step.done) return { times, tokens: step.value.length };
  }
}

/**
 * Of several times the quickest, and of the longest steps the shortest: others use the machine, too. Steps are not
 * compared one by one, because a first run may have more of them: automatons make their states then.
 */
function best(tokenizer, text, maxLength) {
  const all = Array.from({ length: options.repeat ?? 5 }, () => measure(tokenizer, text, maxLength));
  const total = Math.min(...all.map(({ times }) => times.reduce((sum, time) => sum + time, 0)));
  const longest = Math.min(...all.map(({ times }) => times.reduce((most, time) => Math.max(most, time), 0)));
  return { total, longest, tokens: all[0].tokens };
}

const { createTokenizer, readRuns, textOf, tokenizerValues } = await bundle();
const { cases, units } = readRuns();
const names =
  options.tokenizer.length > 0 ? options.tokenizer : options.all ? cases.map((c) => c.name) : NAMES;
const unknown = names.find((name) => !cases.some((c) => c.name === name));
if (unknown !== undefined)
  fail(`--tokenizer with one of ${cases.map((c) => c.name).join(', ')}`, `'${unknown}'`);
const runs = units.filter(({ name }) => options.all || RUNS.includes(name));
const machine = describeMachine();
console.log(`${machine.cpu}, Node ${machine.node}`);

const results = [];
for (const name of names) {
  const tokenizer = createTokenizer(tokenizerValues(name));
  tokenizer.encode('the quick brown fox jumps over the lazy dog '.repeat(500));
  for (const run of runs) {
    if (options.filter && !`${name} ${run.name}`.includes(options.filter)) continue;
    for (const length of options.lengths) {
      const text = textOf(run, Math.ceil(length / run.unit.length));
      const whole = best(tokenizer, text, tokenizer.maxLength);
      const cut = best(tokenizer, text, TRUNCATED);
      results.push({
        suite: 'tokenizer',
        case: `${name} ${run.name}`,
        name,
        run: run.name,
        length: text.length,
        whole,
        cut,
      });
    }
  }
}

const rows = results.map(({ name, run, length, whole, cut }) => [
  name,
  run,
  length,
  whole.total.toFixed(1),
  whole.longest.toFixed(2),
  ((1000 * whole.tokens) / whole.total).toFixed(0),
  cut.total.toFixed(1),
  cut.longest.toFixed(2),
]);
const headers = [
  'tokenizer',
  'run',
  'code units',
  'ms',
  'longest step, ms',
  'tokens/s',
  `first ${TRUNCATED}, ms`,
  'its longest step, ms',
];
console.log(table(headers, rows, 'llrrrrrr'));
writeReport(options.json, machine, results);
