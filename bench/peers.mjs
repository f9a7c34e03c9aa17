// Compares this package with others that do the same work: every contender in a process of its own, its results
// checked against ours before anything is timed, then rounds in which the contenders alternate.
//   npm run bench:peers -- [--threads N] [--rounds N] [--only ours,js,...] [--filter TEXT] [--json FILE]
// Encoders are compared by bench:encode -- --peers.
import { join } from 'node:path';
import { info } from '../dist/index.js';
import { describeMachine } from './lib/machine.mjs';
import { fail, positiveInteger, readOptions, selected } from './lib/options.mjs';
import { uniform } from './lib/random.mjs';
import { machineLine, writeReport } from './lib/report.mjs';
import { median, summarize } from './lib/statistics.mjs';
import { CONTENDERS } from './peers/contenders.mjs';
import { exchangeFolder, outputFile, readFloats, writeFloats } from './peers/exchange.mjs';
import { compare, compareWithReference } from './peers/expected.mjs';
import { installPeers } from './peers/install.mjs';
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
    python: { value: 'FILE', help: 'Python that has numpy or torch', fallback: 'python3' },
  },
});
const wanted = options.only?.split(',') ?? names;
for (const name of wanted) if (!names.includes(name)) fail(`--only with any of ${names.join(', ')}`, name);
const items = allItems().filter(({ suite, case: name }) => selected(options.filter, suite, name));
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
  const task = { mode, items: itsItems, threads, samples: options.repeat, folder };
  return runContender(contender, task, options.python);
}

const peersMissing = installPeers();
if (peersMissing) console.error(`bench: ${peersMissing} in bench/peers`);
const { cpu, isa } = info();
const machine = describeMachine({ cpu, isa, threads: options.threads });
console.log(`${machineLine(machine)}, ${options.rounds} round(s)\n`);

const oursOutput = new Map();

function checkOurs(item) {
  const ours = readFloats(outputFile(folder, item));
  oursOutput.set(item.id, ours);
  const worst = compareWithReference(item, inputsOf(item), ours);
  if (worst.error <= 1) return worst;
  return fail(
    `ours within ${worst.bound.toExponential(2)} of the reference for ${item.suite} ${item.case}`,
    `${worst.error.toPrecision(3)} times that at element ${worst.index}`,
    1,
  );
}

function checkTheirs(item) {
  const theirs = readFloats(outputFile(folder, item));
  const worst = compare(item, inputsOf(item), oursOutput.get(item.id), theirs);
  if (worst.error <= 1) return worst;
  const amount = `${worst.error.toPrecision(3)} times the bound ${worst.bound.toExponential(2)}`;
  return { reason: `wrong: ${amount} at element ${worst.index}` };
}

function judge({ contender }, item, did) {
  if (contender.name !== 'ours') return did.reason ? did : checkTheirs(item);
  if (did.reason) fail(`ours to do ${item.suite} ${item.case}`, did.reason, 1);
  return checkOurs(item);
}

// Ours goes first even when it is not wanted: the others are compared with it.
const taking = CONTENDERS.filter(({ name }) => wanted.includes(name));
const runs = [CONTENDERS[0], ...taking.filter(({ name }) => name !== 'ours')].map((contender) => ({
  contender,
  threads: options.threads,
}));
const entries = checkAll({ runs, items, perform, judge }).filter(({ run }) => taking.includes(run.contender));
timeAll({ entries, rounds: options.rounds, perform });

const results = entries
  .sort((a, b) => items.indexOf(a.item) - items.indexOf(b.item))
  .flatMap(({ run, item, version, threads, tier, rounds, error, bound, reason }) => {
    const { suite, case: name, unit, work } = item;
    const common = { suite, case: name, contender: run.contender.name, version, tier, threads, unit };
    if (reason) return [{ ...common, reason }];
    return [{ ...common, ...summarize(rounds.map(({ seconds }) => work / median(seconds))), error, bound }];
  });
console.log(peerTables(results));
writeReport(options.json, machine, results);
