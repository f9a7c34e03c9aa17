// Times layers and the overhead of calls through the public API, one result a line. Every case first proves that
// its result is that of a float64 reference.
//   npm run bench:layers -- [--filter TEXT] [--threads N] [--json FILE]
import { info, setThreads } from '../dist/index.js';
import { CALL_CASES } from './lib/call_cases.mjs';
import { buildLayer, LAYER_CASES } from './lib/layer_cases.mjs';
import { sequenceReference } from './lib/layer_reference.mjs';
import { describeMachine } from './lib/machine.mjs';
import { measure } from './lib/measure.mjs';
import { readOptions, selected } from './lib/options.mjs';
import { multiplyAddPeak } from './lib/peak.mjs';
import { worseOf, worstError } from './lib/reference.mjs';
import { machineLine, resultTable, writeReport } from './lib/report.mjs';
import { summarize } from './lib/statistics.mjs';

const SHAPES = [
  { batch: 8, length: 128, features: 384, heads: 12, dim: 32 },
  { batch: 1, length: 512, features: 768, heads: 12, dim: 64 },
];
/** Every row of it is compared; nothing in it is a multiple of a vector. */
const SMALL = { batch: 2, length: 9, features: 21, heads: 3, dim: 7 };

const options = readOptions({
  command: 'bench:layers',
  summary: 'Times layers and the overhead of calls.',
  own: { threads: { fallback: 1 }, repeat: { fallback: 15 } },
});
setThreads(options.threads);
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

/** @param rows the rows compared, of the sequences given */
function compareLayer({ input, layer, problem }, sequences, rows) {
  const { data } = layer.call(input);
  const { length, features } = problem;
  return sequences
    .flatMap((b) => {
      const reference = sequenceReference(problem, b);
      return rows.map((i) => worstError(data, reference(i), (b * length + i) * features));
    })
    .reduce(worseOf);
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
    const { batch, length, features } = shape;
    const name = `${layerCase.name} ${batch}x${length}x${features}`;
    if (!selected(options.filter, 'layers', name)) continue;
    const small = buildLayer(layerCase, SMALL, 'real');
    const inSmall = compareLayer(small, [0, 1], [...Array(SMALL.length).keys()]);
    small.layer.dispose();
    if (!proven('layers', `${name} (small shape)`, inSmall)) continue;
    const timed = buildLayer(layerCase, shape, 'grid');
    const worst = compareLayer(timed, [batch - 1], [0, 1, Math.floor(length / 3), length - 1]);
    if (proven('layers', name, worst)) {
      const { layer, input } = timed;
      await add('layers', name, () => layer.call(input), worseOf(worst, inSmall), {
        ms: (s) => s * 1e3,
        'GFLOP/s': (s) => layerCase.flops(shape) / s / 1e9,
      });
    }
    timed.layer.dispose();
  }
}

console.log(machineLine(machine));
if (results.length > 0) console.log(resultTable(results));
writeReport(options.json, machine, results);
if (failed) process.exitCode = 1;
