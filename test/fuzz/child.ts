/** The process that runs inputs. scripts/fuzz.mjs starts it, watches it and starts the next one behind a crash. */
import { appendFileSync, closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { collectGarbage } from './collect.js';
import type { Finding, Job, Status } from './protocol.js';
import { inputSeed, Random } from './random.js';
import { isTyped, type Target, WrongResult } from './target.js';
import { broken } from './targets/broken.js';
import { TARGETS } from './targets/index.js';

/** A garbage collection after every so many inputs: finalizers are part of what is tested. */
const COLLECT_EVERY = 16;
/** The process is replaced when it holds more: what one input leaves must not stop the next ones. */
const MOST_BYTES = 3 * 2 ** 30;

const job = JSON.parse(process.argv[2]!) as Job;
const found: Target | undefined = [...TARGETS, broken].find(({ name }) => name === job.target);
if (found === undefined) throw new Error(`no target is called ${job.target}`);
const target = found;
const status: Status = { index: job.from, input: null, accepted: 0, refused: 0, done: false };
const statusFile = openSync(job.statusFile, 'w');

function writeStatus(): void {
  const text = JSON.stringify(status);
  // The line ends the record: a longer record before it may leave its tail behind.
  writeSync(statusFile, `${text}\n`, 0);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const { code } = error as { code?: unknown };
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`;
  return `${code === undefined ? '' : `[${String(code)}] `}${error.stack ?? error.message}${cause}`;
}

function report(kind: Finding['kind'], error: unknown): void {
  const { index, input } = status;
  const finding: Finding = { kind, index, input, error: describe(error) };
  appendFileSync(job.findingsFile, `${JSON.stringify(finding)}\n`);
}

process.on('unhandledRejection', (reason) =>
  report('untyped', new Error('unhandled rejection', { cause: reason })),
);
process.on('uncaughtException', (error) =>
  report('untyped', new Error('uncaught exception', { cause: error })),
);
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') report('untyped', warning);
});

async function runOne(): Promise<void> {
  try {
    await target.run(status.input);
    status.accepted++;
  } catch (error) {
    if (isTyped(error)) status.refused++;
    else report(error instanceof WrongResult ? 'wrong' : 'untyped', error);
  }
  // Rejections that nobody handles are reported for the input that left them.
  await turn();
}

await target.prepare?.();
let ran = 0;
for (; ran < job.count && Date.now() < job.until; ran++) {
  status.index = job.from + ran;
  status.input = job.input ?? target.generate(new Random(inputSeed(job.seed, status.index)));
  writeStatus();
  await runOne();
  if (ran % COLLECT_EVERY === 0) {
    collectGarbage();
    await turn();
  }
  if (process.memoryUsage.rss() > MOST_BYTES) job.count = ran + 1;
}
await target.close?.();
status.index = job.from + ran;
status.input = null;
status.done = true;
ftruncateSync(statusFile);
writeStatus();
closeSync(statusFile);
process.exit();
