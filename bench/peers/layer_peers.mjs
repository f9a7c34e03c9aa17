/**
 * Layers of this package beside the same layers made by others, every contender in a process of its own. An item is
 * as in items.mjs, of kind 'layer', with the layer's name, sizes and scores; its inputs are x and then the weights
 * in Keras' names and shapes. Every layer has two items: the small one is only checked.
 */
import { join } from 'node:path';
import { smallProof, timedProof } from '../lib/layer_proof.mjs';
import { multiplyAddPeak } from '../lib/peak.mjs';
import { worseOf } from '../lib/reference.mjs';
import { summarize } from '../lib/statistics.mjs';
import { CONTENDERS } from './contenders.mjs';
import { exchangeFolder, outputFile, readFloats, writeFloats } from './exchange.mjs';
import { runContender } from './processes.mjs';
import { checkAll, timeAll } from './rounds.mjs';

const ROUNDS = 3;

/** The item of a proof, whose operands it writes. */
function layerItem(folder, { layerCase, name, proof, small }) {
  const { layer, input, problem, worst } = proof;
  const { batch, length, features, heads, dim, scores } = problem;
  const id = `${layerCase.name}-${small ? 'small' : 'timed'}`.replace(/\W+/g, '-');
  const operands = [
    { name: 'x', ...input },
    ...layer.weights.map(({ name: weight, tensor }) => ({
      name: weight,
      shape: tensor.shape,
      data: problem.weights[weight],
    })),
  ];
  const inputs = operands.map(({ name: operand, shape, data }, i) => {
    const file = `in-${id}-${i}.f32`;
    writeFloats(join(folder, file), data);
    return { name: operand, shape, file };
  });
  layer.dispose();
  const sizes = { batch, length, features, heads, dim };
  const work = layerCase.flops(sizes) / 1e9;
  const item = { id, suite: 'layers', case: name, kind: 'layer', layer: layerCase.name, ...sizes, scores };
  return { item: { ...item, inputs, work, small }, worst };
}

/** Ours with all threads, which the others are compared with, then with one as they have. */
function runsOf(threads) {
  const [ours, ...others] = CONTENDERS.filter(({ does }) => does.includes('layer'));
  const counts = [...new Set([threads, 1])];
  return [
    ...counts.map((count) => ({ contender: ours, threads: count })),
    ...others.map((contender) => ({ contender, threads: 1 })),
  ];
}

/** The entry of the timed shape, when both shapes are right. */
function withSmall(entry, small) {
  if (small.reason) return { ...entry, reason: `${small.reason} (small shape)` };
  if (entry.reason) return entry;
  const { error, bound } = worseOf(entry, small);
  return { ...entry, error, bound };
}

function resultsOf({ run, item, version, threads, tier, rounds, error, bound, reason }) {
  const common = { suite: item.suite, case: item.case, contender: run.contender.name, version, tier };
  const own = { ...common, threads: threads ?? run.threads };
  if (reason) return [{ ...own, unit: 'ms', reason }];
  const seconds = rounds.flatMap((round) => round.seconds);
  const speed = summarize(seconds.map((s) => item.work / s));
  // A busy neighbour can only lower it, and a share of a lowered peak flatters.
  const peak = Math.max(...rounds.map((round) => round.peak));
  return [
    { ...own, unit: 'ms', ...summarize(seconds.map((s) => s * 1e3)), error, bound },
    { ...own, unit: 'GFLOP/s', ...speed, peak, ofPeak: speed.median / peak, error, bound },
  ];
}

/**
 * @param cases [{layerCase, shape, name}]
 * @param samples of a case and contender, in all rounds together
 * @returns results as in report.mjs, in ms and in GFLOP/s
 */
export async function compareLayers({ cases, threads, samples, isa }) {
  const folder = exchangeFolder();
  const proofs = cases.flatMap(({ layerCase, shape, name }) => [
    layerItem(folder, { layerCase, name, proof: smallProof(layerCase), small: true }),
    layerItem(folder, { layerCase, name, proof: timedProof(layerCase, shape), small: false }),
  ]);
  const items = proofs.map(({ item }) => item);
  const runs = runsOf(threads);
  const peaks = new Map();
  for (const { threads: count } of runs) peaks.set(count, await multiplyAddPeak(isa, count));

  function perform(run, mode, itsItems) {
    const task = { mode, items: itsItems, threads: run.threads, samples: Math.ceil(samples / ROUNDS) };
    const reply = runContender(run.contender, { ...task, folder });
    if (mode === 'time' && !reply.reason) {
      const peak = peaks.get(run.threads)();
      for (const did of Object.values(reply.items)) did.peak = peak;
    }
    return reply;
  }

  function judge(_run, item, did) {
    if (did.reason) return did;
    const { error, bound, index } = proofs
      .find((proof) => proof.item === item)
      .worst(readFloats(outputFile(folder, item)));
    if (error <= 1) return { error, bound };
    const amount = `${error.toPrecision(3)} times the bound ${bound.toExponential(2)}`;
    return { reason: `wrong: ${amount} at element ${index}` };
  }

  const checked = checkAll({ runs, items, perform, judge });
  const entries = checked
    .filter(({ item }) => !item.small)
    .map((entry) => {
      const { run, item } = entry;
      const small = checked.find((c) => c.run === run && c.item.small && c.item.layer === item.layer);
      return withSmall(entry, small);
    });
  timeAll({ entries, rounds: ROUNDS, perform });
  return entries.sort((a, b) => items.indexOf(a.item) - items.indexOf(b.item)).flatMap(resultsOf);
}
