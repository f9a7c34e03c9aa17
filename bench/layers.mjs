// Times layers and the overhead of calls through the public API, one result a line, then some layers beside those of
// others in one table. Every case first proves that its result is that of a float64 reference.
//   npm run bench:layers -- [--filter TEXT] [--threads N] [--peers|--no-peers] [--json FILE]
import { info, setThreads } from '../dist/index.js';
import { CALL_CASES } from './lib/call_cases.mjs';
import { LAYER_CASES } from './lib/layer_cases.mjs';
import { smallProof, timedProof } from './lib/layer_proof.mjs';
import { describeMachine } from './lib/machine.mjs';
import { measure } from './lib/measure.mjs';
import { readOptions, selected } from './lib/options.mjs';
import { multiplyAddPeak } from './lib/peak.mjs';
import { worseOf, worstError } from './lib/reference.mjs';
import { machineLine, resultTable, writeReport } from './lib/report.mjs';
import { summarize } from './lib/statistics.mjs';
import { installPeers } from './peers/install.mjs';
import { compareLayers } from './peers/layer_peers.mjs';
import { comparePrograms, PROGRAM_CASES } from './peers/program_peers.mjs';
import { layerTable } from './peers/tables.mjs';

const SHAPES = [
  { batch: 8, length: 128, features: 384, heads: 12, dim: 32 },
  { batch: 1, length: 512, features: 768, heads: 12, dim: 64 },
];
/** The shape of the comparison with others. */
const [PEER_SHAPE] = SHAPES;
const caseName = ({ name }, { batch, length, features }) => `${name} ${batch}x${length}x${features}`;

const options = readOptions({
  command: 'bench:layers',
  summary: 'Times layers and the overhead of calls, and compares some layers with those of others.',
  own: {
    threads: { help: 'threads (default 1, and as many as there are where ours is compared)' },
    repeat: { fallback: 15 },
    peers: { help: 'beside others, as without it' },
    'no-peers': { help: 'ours alone, nothing to install' },
  },
});
/** As many as this process may use, before they are set. */
const allThreads = info().threads;
setThreads(options.threads ?? 1);
const { cpu, isa, threads } = info();
const machine = describeMachine({ cpu, isa, threads });
const measurePeak = await multiplyAddPeak(isa, threads);
const results = [];
let failed = false;

/** Whether a result may be timed; says which case is wrong. */
function proven(suite, name, worst) {
  if (worst.error <= 1) return true;
  failed = true;
  console.error(
    `bench: ${suite} ${name}: expected an error within ${worst.bound.toExponential(2)} but received ` +
      `${worst.error.toPrecision(3)} times that at element ${worst.index}`,
  );
  return false;
}

async function add(suite, name, run, worst, rates) {
  const times = await measure(run, { samples: options.repeat });
  const common = { suite, case: name, contender: 'synthetic-attention', tier: isa, threads };
  for (const [unit, rate] of Object.entries(rates)) {
    const summary = summarize(times.map(rate));
    const peak = unit === 'GFLOP/s' ? measurePeak() : undefined;
    results.push({
      ...common,
      unit,
      ...summary,
      ...(peak && { peak, ofPeak: summary.median / peak }),
      error: worst.error,
      bound: worst.bound,
    });
  }
}

for (const { name, run, expected } of CALL_CASES) {
  if (!selected(options.filter, 'call', name)) continue;
  const { data } = await run();
  const worst = expected()
    .map((row, i) => worstError(data, row, i * row.value.length))
    .reduce(worseOf);
  if (proven('call', name, worst)) await add('call', name, run, worst, { us: (s) => s * 1e6 });
}

for (const layerCase of LAYER_CASES) {
  for (const shape of SHAPES) {
    const name = caseName(layerCase, shape);
    if (!selected(options.filter, 'layers', name)) continue;
    const small = smallProof(layerCase);
    const inSmall = small.worst(small.layer.call(small.input).data);
    small.layer.dispose();
    if (!proven('layers', `${name} (small shape)`, inSmall)) continue;
    const { layer, input, worst: worstOf } = timedProof(layerCase, shape);
    const worst = worstOf(layer.call(input).data);
    if (proven('layers', name, worst)) {
      await add('layers', name, () => layer.call(input), worseOf(worst, inSmall), {
        ms: (s) => s * 1e3,
        'GFLOP/s': (s) => layerCase.flops(shape) / s / 1e9,
      });
    }
    layer.dispose();
  }
}

console.log(machineLine(machine));
if (results.length > 0) console.log(resultTable(results));

const cases = LAYER_CASES.filter(({ peers }) => peers && !options['no-peers'])
  .map((layerCase) => ({ layerCase, shape: PEER_SHAPE, name: caseName(layerCase, PEER_SHAPE) }))
  .filter(({ name }) => selected(options.filter, 'layers', name));
const programs = PROGRAM_CASES.filter(
  ({ suite, name }) => !options['no-peers'] && selected(options.filter, suite, name),
);

/** Prints and keeps results beside others'; ours has to take part. */
function addCompared(title, compared) {
  console.log(`\n${title}\n${layerTable(compared)}`);
  for (const { case: name, reason } of compared.filter((r) => r.contender === 'ours' && r.reason)) {
    failed = true;
    console.error(`bench: expected ours to do ${name} but received ${reason}`);
  }
  results.push(...compared);
}

const peersMissing = cases.length + programs.length > 0 ? installPeers() : undefined;
if (peersMissing) {
  console.error(`bench: ${peersMissing} in bench/peers, so nothing is compared with others`);
} else {
  const threads = options.threads ?? allThreads;
  const samples = options.repeat;
  if (cases.length > 0) {
    addCompared('beside others, a process each', await compareLayers({ cases, threads, samples, isa }));
  }
  if (programs.length > 0) {
    const compared = comparePrograms({ items: programs, threads, samples });
    addCompared('programs of TensorFlow.js on its backends, a process each', compared);
  }
}
writeReport(options.json, machine, results);
if (failed) process.exitCode = 1;
