/**
 * One contender in a process of its own: node worker.mjs TASK REPLY, both JSON files.
 * TASK {module, mode, items, threads, samples, folder}; mode 'check' writes every result as float32 to
 * folder/out-ID.f32, 'time' measures. REPLY {version, threads, tier?, items: {ID: {seconds?, reason?}}}.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure } from '../lib/measure.mjs';
import { outputFile, readFloats, writeFloats } from './exchange.mjs';

const [taskFile, replyFile] = process.argv.slice(2);
const task = JSON.parse(readFileSync(taskFile, 'utf8'));
/** A contender that needs longer for one call sits out the larger sizes of a series. */
const LONGEST_CALL = 1;
/** Of one item in one round. */
const SECONDS = 1.5;

/** The largest size of a series that was checked, and its time. */
let longest = { work: 0, seconds: 0 };

async function check(item, prepared) {
  let result = await prepared.run();
  const start = performance.now();
  result = await prepared.run();
  if (item.suite === 'matmul-size') {
    longest = { work: item.work, seconds: (performance.now() - start) / 1000 };
  }
  writeFloats(outputFile(task.folder, item), prepared.output(result));
  return {};
}

async function perform(item, contender) {
  if (item.suite === 'matmul-size' && longest.seconds * (item.work / longest.work) > LONGEST_CALL) {
    return { reason: `a call would take over ${LONGEST_CALL} s` };
  }
  const inputs = Object.fromEntries(
    item.inputs.map(({ name, file }) => [name, readFloats(join(task.folder, file))]),
  );
  const prepared = await contender.prepare(item, inputs);
  try {
    if (task.mode === 'check') return await check(item, prepared);
    const seconds = await measure(prepared.run, {
      samples: item.samples ?? task.samples,
      seconds: SECONDS,
      // The rounds repeat the measurement.
      least: 1,
    });
    return { seconds };
  } finally {
    await prepared.dispose?.();
  }
}

const { load } = await import(task.module);
const contender = await load(task);
const items = {};
for (const item of task.items) {
  try {
    items[item.id] = await perform(item, contender);
  } catch (error) {
    items[item.id] = { reason: String(error.message).split('\n')[0] };
  }
}
const { version, threads, tier } = contender;
writeFileSync(replyFile, JSON.stringify({ version, threads, tier, items }));
// A contender may leave threads behind that keep the process alive.
process.exit(0);
