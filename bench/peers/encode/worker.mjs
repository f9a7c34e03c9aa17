/**
 * One contender in a process of its own: node worker.mjs TASK REPLY, both JSON files.
 * TASK {module, options, threads, model, onnx, gguf, maxLength, dimensions, texts, timed, output}.
 * REPLY {version, tier?, first, seconds?, p99?, resident?, reason?}: `first` are the milliseconds from the import of
 * the contender to its first embedding. If `timed`, all texts are encoded too and left in `output` as float32.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const [taskFile, replyFile] = process.argv.slice(2);
const task = JSON.parse(readFileSync(taskFile, 'utf8'));
/** Compilers and memory pools have met batches of all kinds after that many texts. */
const WARM_TEXTS = 256;

async function perform() {
  const start = performance.now();
  const { load } = await import(task.module);
  const contender = await load(task);
  await contender.encode(task.texts.slice(0, 1));
  const first = performance.now() - start;
  const { version, tier } = contender;
  if (!task.timed) return { version, tier, first };
  // Imported only now: it is no part of what `first` measures.
  const [{ timedEncode }, { writeFloats }] = await Promise.all([
    import('../../lib/timed_encode.mjs'),
    import('../exchange.mjs'),
  ]);
  await contender.encode(task.texts.slice(0, WARM_TEXTS));
  const { result, ...measured } = await timedEncode(() => contender.encode(task.texts));
  writeFloats(task.output, result);
  return { version, tier, first, ...measured };
}

let reply;
try {
  reply = await perform();
} catch (error) {
  reply = { reason: String(error.message).split('\n')[0] };
}
writeFileSync(replyFile, JSON.stringify(reply));
// A contender may leave threads behind that keep the process alive.
process.exit(0);
