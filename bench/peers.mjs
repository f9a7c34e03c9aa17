// Compares this package with others that do the same work: every contender in a process of its own, its results
// checked against ours before anything is timed, then rounds in which the contenders alternate.
//   npm run bench:peers -- [--threads N] [--rounds N] [--only ours,js,...] [--filter TEXT] [--json FILE]
//     [--model DIR --input FILE [--onnx-model DIR] [--gguf FILE]]    for encoding
import { join, resolve } from 'node:path';
import { info } from '../dist/index.js';
import { firstLines } from './lib/lines.mjs';
import { describeMachine } from './lib/machine.mjs';
import { fail, positiveInteger, readOptions, selected } from './lib/options.mjs';
import { uniform } from './lib/random.mjs';
import { machineLine, writeReport } from './lib/report.mjs';
import { median, summarize } from './lib/statistics.mjs';
import { CONTENDERS } from './peers/contenders.mjs';
import { exchangeFolder, outputFile, readFloats, writeFloats } from './peers/exchange.mjs';
import { compare, compareWithReference, modelSizes } from './peers/expected.mjs';
import { installLlama, installPeers } from './peers/install.mjs';
import { allItems } from './peers/items.mjs';
import { runContender } from './peers/processes.mjs';
import { checkAll, timeAll } from './peers/rounds.mjs';
import { peerTables } from './peers/tables.mjs';

const names = CONTENDERS.map(({ name }) => name);
const options = readOptions({
  command: 'bench:peers',
  summary: 'Compares with other packages.',
  own: {
    threads: { fallback: 1 },
    repeat: { help: 'samples of an item in a round', fallback: 5 },
    rounds: { value: 'N', help: 'rounds of all contenders', fallback: 3, parse: positiveInteger },
    only: { value: 'LIST', help: `contenders, of ${names.join(', ')}` },
    model: { value: 'DIR', help: 'sentence-transformers directory, for encoding' },
    input: { value: 'FILE', help: 'texts, one a line, for encoding' },
    lines: {
      value: 'N',
      help: 'lines of it that are encoded',
      fallback: 500,
      parse: positiveInteger,
    },
    'onnx-model': { value: 'DIR', help: 'the same model with onnx/model.onnx' },
    gguf: { value: 'FILE', help: 'the same model for llama.cpp' },
    python: { value: 'FILE', help: 'Python that has numpy or torch', fallback: 'python3' },
  },
});
const wanted = options.only?.split(',') ?? names;
for (const name of wanted) if (!names.includes(name)) fail(`--only with any of ${names.join(', ')}`, name);
if (!options.model !== !options.input) fail('both or neither of --model DIR and --input FILE', 'one of them');

const absolute = (path) => (path === undefined ? undefined : resolve(path));
const settings = {
  model: absolute(options.model),
  onnxModel: absolute(options['onnx-model']),
  gguf: absolute(options.gguf),
  texts: options.input ? firstLines(options.input, options.lines) : [],
};
const items = allItems({ texts: settings.texts.length || options.lines })
  .filter(({ suite, case: name }) => selected(options.filter, suite, name))
  .filter(({ kind }) => {
    if (kind !== 'encode' || settings.model) return true;
    console.log('encode: skipped, needs --model DIR and --input FILE\n');
    return false;
  });

if (items.length === 0) fail('--filter with a part of a case', `'${options.filter}'`);

const folder = exchangeFolder();

/** Operands go through files, so that every process and language has the same. */
const operands = new Map();
for (const item of items) {
  for (const input of item.inputs) {
    input.file = `in-${input.seed}-${input.shape.join('x')}-${input.amplitude ?? 1}.f32`;
    if (operands.has(input.file)) continue;
    const size = input.shape.reduce((a, b) => a * b, 1);
    operands.set(input.file, uniform(size, input.seed, input.amplitude));
    writeFloats(join(folder, input.file), operands.get(input.file));
  }
}
const inputsOf = (item) =>
  Object.fromEntries(item.inputs.map(({ name, file }) => [name, operands.get(file)]));

function perform({ contender, threads }, mode, itsItems) {
  const task = { mode, items: itsItems, threads, samples: options.repeat, settings, folder };
  return runContender(contender, task, options.python);
}

/** Why a contender cannot take part, found out before it is tried. */
const missing = new Map();
const peersMissing = installPeers();
if (peersMissing) console.error(`bench: ${peersMissing} in bench/peers`);
if (!settings.gguf) missing.set('llama.cpp', 'needs --gguf FILE, made by bench/peers/make_gguf.py');
else if (wanted.includes('llama.cpp')) missing.set('llama.cpp', installLlama());
const { cpu, isa } = info();
const machine = describeMachine({ cpu, isa, threads: options.threads });
console.log(`${machineLine(machine)}, ${options.rounds} round(s)\n`);

const oursOutput = new Map();

function checkOurs(item) {
  const ours = readFloats(outputFile(folder, item));
  oursOutput.set(item.id, ours);
  const worst = compareWithReference(item, inputsOf(item), ours);
  if (worst === undefined || worst.error <= 1) return worst ?? {};
  return fail(
    `ours within ${worst.bound.toExponential(2)} of the reference for ${item.suite} ${item.case}`,
    `${worst.error.toPrecision(3)} times that at element ${worst.index}`,
    1,
  );
}

function checkTheirs(item) {
  const sizes = settings.model ? modelSizes(settings.model) : undefined;
  const theirs = readFloats(outputFile(folder, item));
  const worst = compare(item, inputsOf(item), oursOutput.get(item.id), theirs, sizes);
  if (worst.error <= 1) return worst;
  const amount = `${worst.error.toPrecision(3)} times the bound ${worst.bound.toExponential(2)}`;
  return { reason: `wrong: ${amount} at element ${worst.index}` };
}

function judge({ contender }, item, did) {
  if (contender.name !== 'ours') return did.reason ? did : checkTheirs(item);
  if (did.reason) fail(`ours to do ${item.suite} ${item.case}`, did.reason, 1);
  if (item.kind === 'encode') item.work = did.tokens;
  return checkOurs(item);
}

// Ours goes first even when it is not wanted: the others are compared with it.
const taking = CONTENDERS.filter(({ name }) => wanted.includes(name));
const runs = [CONTENDERS[0], ...taking.filter(({ name }) => name !== 'ours')].map((contender) => ({
  contender,
  threads: options.threads,
  reason: missing.get(contender.name),
}));
const entries = checkAll({ runs, items, perform, judge }).filter(({ run }) => taking.includes(run.contender));
timeAll({ entries, rounds: options.rounds, perform });

const results = entries
  .sort((a, b) => items.indexOf(a.item) - items.indexOf(b.item))
  .flatMap(({ run, item, version, threads, tier, rounds, error, bound, reason }) => {
    const { suite, case: name, unit, work } = item;
    const common = { suite, case: name, contender: run.contender.name, version, tier, threads, unit };
    if (reason) return [{ ...common, reason }];
    const rate = {
      ...common,
      ...summarize(rounds.map(({ seconds }) => work / median(seconds))),
      error,
      bound,
    };
    if (item.kind !== 'encode') return [rate];
    const resident = summarize(rounds.map(({ resident: bytes }) => bytes / 2 ** 20));
    const memory = { ...common, case: `${name}: resident memory`, unit: 'MiB', ...resident };
    return [rate, memory];
  });
console.log(peerTables(results));
writeReport(options.json, machine, results);
