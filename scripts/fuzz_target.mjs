// Runs one fuzzing target in child processes: a crash or a hang ends a child, and the next one starts behind the input
// that did it. The protocol is in test/fuzz/protocol.ts.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KINDS = ['crash', 'hang', 'untyped', 'wrong'];
/** Findings of one cause that are written out; all are counted. */
const MOST_FILES = 3;
/** A heap that is small enough for the machine: what fills it is a finding and must not stop other programs. */
const NODE_OPTIONS = ['--no-warnings', '--enable-source-maps', '--max-old-space-size=1024'];
/** How often the runner looks whether a child goes on. */
const WATCH_MS = 250;
/** Bytes of a child's output that a finding keeps. */
const MOST_OUTPUT = 20_000;

/**
 * @typedef {object} Settings
 * @property {string} child the bundled test/fuzz/child.ts
 * @property {string} findings folder for findings
 * @property {number} hangMs longest time for one input
 * @property {Record<string, string>} env for the children
 * @property {readonly (string | undefined)[]} tiers instruction sets, one after the other; undefined is the default
 * @property {boolean} sanitized
 */

/** Texts of errors of one cause differ in numbers, names and paths. */
function signature({ kind, error }) {
  const frame = /\bat .*?(\w+) \(?.*?([\w.]+):\d+:\d+/.exec(error);
  const sanitizer = /SUMMARY: .*|runtime error: .*/.exec(error)?.[0];
  const first = sanitizer ?? `${error.split('\n')[0]} ${frame?.[1] ?? ''}`;
  return `${kind}: ${first.replace(/"[^"]*"|\[[^\]]*\]|0x[0-9a-f]+|-?\d[\d.e+-]*|\/\S+/g, '*')}`;
}

function readLines(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** The first line: what is behind it was left by a longer record. */
function readStatus(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8').split('\n')[0]);
  } catch {
    return undefined;
  }
}

/** Runs one job. Resolves to what the child reported and how it ended. */
function runChild(job, settings, isa) {
  const env = { ...process.env, ...settings.env };
  if (isa) env.SYNTHETIC_ATTENTION_ISA = isa;
  const child = spawn(process.execPath, [...NODE_OPTIONS, settings.child, JSON.stringify(job)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text) => {
    output = (output + text).slice(-MOST_OUTPUT);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  let hung = false;
  let seen = -1;
  let since = Date.now();
  const watch = setInterval(() => {
    const index = readStatus(job.statusFile)?.index ?? -1;
    if (index !== seen) [seen, since] = [index, Date.now()];
    // Nothing is there to attribute before the first input; a child may be slow to start.
    if (Date.now() - since < settings.hangMs * (seen < 0 ? 3 : 1)) return;
    hung = true;
    child.kill('SIGKILL');
  }, WATCH_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(watch);
      resolve({ status: readStatus(job.statusFile), hung, code, signal, output });
    });
  });
}

/** Findings of a child: those that it wrote itself, and its end if that was not of its own will. */
function findingsOf({ status, hung, code, signal, output }, job) {
  const found = readLines(job.findingsFile);
  if (status?.done && code === 0) return found;
  const { index = job.from, input = null } = status ?? {};
  const how = hung ? 'no end in sight' : `ended with ${signal ?? code}`;
  return [...found, { kind: hung ? 'hang' : 'crash', index, input, error: `${how}\n${output}` }];
}

/**
 * Runs inputs `from`, `from` + 1, ... of a target until `count` have run or the time is over.
 * @param {{target: string, seed: number, from: number, count: number, until: number, input?: unknown}} task
 * @param {Settings} settings
 */
export async function fuzzTarget(task, settings) {
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-fuzz-'));
  const total = { inputs: 0, refused: 0, crash: 0, hang: 0, untyped: 0, wrong: 0, files: [] };
  const signatures = new Map();
  const { from, count, until } = task;
  try {
    for (let at = from, batch = 0; at < from + count && Date.now() < until; batch++) {
      const isa = settings.tiers[batch % settings.tiers.length];
      const job = {
        ...task,
        from: at,
        count: Math.min(settings.batch, from + count - at),
        statusFile: join(folder, `status-${batch}`),
        findingsFile: join(folder, `findings-${batch}`),
      };
      const end = await runChild(job, settings, isa);
      const finished = end.status?.done && end.code === 0;
      const next = (end.status?.index ?? at) + (finished ? 0 : 1);
      total.inputs += next - at;
      total.refused += end.status?.refused ?? 0;
      for (const finding of findingsOf(end, job)) {
        total[finding.kind]++;
        const key = signature(finding);
        const times = (signatures.get(key) ?? 0) + 1;
        signatures.set(key, times);
        if (times > MOST_FILES) continue;
        const record = {
          target: task.target,
          seed: task.seed,
          batchFrom: at,
          isa,
          sanitized: settings.sanitized,
        };
        const file = join(
          settings.findings,
          `${task.target}-${finding.kind}-${task.seed}-${finding.index}.json`,
        );
        mkdirSync(settings.findings, { recursive: true });
        writeFileSync(file, `${JSON.stringify({ ...record, ...finding }, null, 2)}\n`);
        total.files.push(file);
        if (times === 1) console.log(`  ${file}: ${key.slice(0, 200)}`);
      }
      rmSync(job.findingsFile, { force: true });
      at = next;
      if (next === job.from && finished) break;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { ...total, causes: [...signatures] };
}

export function countFindings(total) {
  return KINDS.reduce((sum, kind) => sum + total[kind], 0);
}
