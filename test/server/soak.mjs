// Minutes at more than the server can do: only 200 and 429, bounded times, no growth of memory, every request answered.
//   npm run soak:server -- --model DIR --input FILE [--minutes 10] [--load 2] [--dtype int8] [--threads N]
import { Agent, request } from 'node:http';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { firstLines } from '../../bench/lib/lines.mjs';
import { fail, positiveInteger, readOptions } from '../../bench/lib/options.mjs';
import { median } from '../../bench/lib/statistics.mjs';
import { ROUTES } from '../../bench/server/cases.mjs';
import { memoryOf, startServer } from '../../bench/server/child.mjs';
import { load, percentile } from '../../bench/server/load.mjs';

const CLIENTS = 64;
const CAPACITY_TEXTS = 2000;
/** Requests that wait or run, the server's default: what bounds the time of one. */
const PLACES = 512;
/**
 * While a request waits, at most so many times the places are answered. Counted in answers, not in milliseconds: these
 * depend on who else uses the machine.
 */
const PATIENCE = 2;
const GROWTH = 0.05;
/** Memory is what it will be after this many minutes; a run that is not twice as long says nothing of it. */
const SETTLED_MINUTES = 2;
/** A refusal is answered at once: so many open requests mean that they are not. */
const MOST_OPEN = 4 * PLACES;

function positive(name, text) {
  const value = Number(text);
  if (!(value > 0 && value <= 1e4)) fail(`--${name} with a positive number`, `'${text}'`);
  return value;
}

const options = readOptions({
  command: 'soak:server',
  summary: 'Loads a server beyond its capacity, and checks that it bears it.',
  own: {
    model: { value: 'DIR', help: 'sentence-transformers directory' },
    input: { value: 'FILE', help: 'texts, one a line' },
    minutes: { value: 'N', help: 'how long', fallback: 10, parse: positive },
    load: { value: 'N', help: 'requests sent, in units of the capacity', fallback: 2, parse: positive },
    lines: { value: 'N', help: 'texts, over and over', fallback: 4000, parse: positiveInteger },
    dtype: { value: 'TYPE', help: 'weights, float32 or int8', fallback: 'float32' },
  },
});
const { minutes, threads, dtype } = options;
if (!options.model || !options.input) fail('--model DIR and --input FILE', 'not both');
const texts = firstLines(options.input, options.lines).filter((text) => text !== '');
if (texts.length === 0) fail('texts in --input FILE', 'none');

const failures = [];
function check(holds, sentence) {
  console.log(`${holds ? 'ok    ' : 'FAILED'}  ${sentence}`);
  if (!holds) failures.push(sentence);
}

const server = await startServer({
  model: resolve(options.model),
  dtype,
  threads,
  'max-concurrent-requests': PLACES,
});
let ended = false;
server.exited.then(() => {
  ended = true;
});
const bodies = texts.map((text) => JSON.stringify(ROUTES.tei.body(text)));
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

const statuses = new Map();
const errors = new Map();
const latencies = [];
/** Of each admitted request the answers with 200 while it waited. */
const passed = [];
let sent = 0;
let open = 0;

const count = (counts, key) => counts.set(key, (counts.get(key) ?? 0) + 1);

function send() {
  const body = bodies[sent++ % bodies.length];
  const start = performance.now();
  const before = latencies.length;
  open++;
  const failed = (error) => {
    open--;
    count(errors, error.code ?? error.message);
  };
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  request(`${server.address}/embed`, { method: 'POST', headers, agent })
    .on('error', failed)
    .on('response', (response) => {
      response.on('error', failed).on('end', () => {
        open--;
        count(statuses, response.statusCode);
        if (response.statusCode !== 200) return;
        passed.push(latencies.length - before);
        latencies.push(performance.now() - start);
      });
      response.resume();
    })
    .end(body);
}

/** The sums of a metric's lines. */
async function metric(name, labels = '') {
  const text = await (await fetch(`${server.address}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(name) && line.includes(labels) && /^[ {]/.test(line.slice(name.length)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function checkMemory(memory, length) {
  const settled = SETTLED_MINUTES * 60_000;
  if (length < 2 * settled || memory.some(({ resident }) => resident === undefined)) {
    console.log(
      `--      memory is judged in runs of ${2 * SETTLED_MINUTES} minutes and more, where there is /proc`,
    );
    return;
  }
  const within = (from) =>
    median(memory.filter(({ at }) => at >= from && at < from + 60_000).map(({ resident }) => resident));
  const [early, late] = [within(settled), within(length - 60_000)];
  check(
    late <= early * (1 + GROWTH),
    `memory ${early.toFixed(0)} MiB in the minute after the first ${SETTLED_MINUTES}, ${late.toFixed(0)} in the last: ` +
      `${(100 * (late / early - 1)).toFixed(1)} %, at most ${100 * GROWTH}`,
  );
}

try {
  const some = Array.from({ length: CAPACITY_TEXTS }, (_, i) => bodies[i % bodies.length]);
  await load(server.address, ROUTES.tei, some.slice(0, CLIENTS), CLIENTS);
  const { seconds } = await load(server.address, ROUTES.tei, some, CLIENTS);
  const capacity = CAPACITY_TEXTS / seconds;
  const rate = options.load * capacity;
  console.log(`${capacity.toFixed(0)} texts/s; now ${rate.toFixed(0)} requests/s for ${minutes} minute(s)`);
  const before = { success: await metric('te_request_success'), refused: 0 };

  // Sent when they are due, whatever became of those before.
  const start = performance.now();
  const length = minutes * 60_000;
  const memory = [];
  let nextSample = 0;
  let nextLine = 60_000;
  for (let now = 0; now < length && !ended; now = performance.now() - start) {
    const due = Math.floor((now * rate) / 1000);
    while (sent < due && open < MOST_OPEN) send();
    if (open >= MOST_OPEN) {
      check(false, `fewer than ${MOST_OPEN} requests are open at a time`);
      break;
    }
    if (now >= nextSample) {
      memory.push({ at: now, resident: memoryOf(server.pid).resident });
      nextSample += 1000;
    }
    if (now >= nextLine) {
      const shown = [...statuses].map(([status, n]) => `${n} x ${status}`).join(', ');
      console.log(`${(now / 60_000).toFixed(0)} min: ${shown}; ${memory.at(-1).resident?.toFixed(0)} MiB`);
      nextLine += 60_000;
    }
    await pause(5);
  }
  const took = (performance.now() - start) / 1000;
  for (const end = Date.now() + 60_000; open > 0 && Date.now() < end; ) await pause(20);

  const ok = statuses.get(200) ?? 0;
  const refused = statuses.get(429) ?? 0;
  const others = [...statuses].filter(([status]) => status !== 200 && status !== 429);
  console.log(
    `${sent} requests in ${took.toFixed(0)} s: ${ok} x 200 (${(ok / took).toFixed(0)} a second), ${refused} x 429`,
  );
  check(
    others.length === 0 && errors.size === 0,
    `only 200 and 429 (besides: ${JSON.stringify([...others, ...errors])})`,
  );
  check(
    ok > 0 && (refused > 0 || options.load <= 1),
    'there are both, since it is more than the server can do',
  );
  check(open === 0 && ok + refused === sent, 'every request has its answer');
  const success = (await metric('te_request_success')) - before.success;
  const overloaded = await metric('te_request_failure', 'err="overloaded"');
  check(
    success === ok && overloaded === refused && (await metric('te_request_aborted')) === 0,
    `every admitted request was answered: ${success} by the server's count, ${overloaded} refused`,
  );
  check((await metric('te_queue_size')) === 0, 'none is left in the server');

  const p = (values, share) => percentile(values, share) ?? Number.NaN;
  const sorted = latencies.sort((x, y) => x - y);
  const perPlaces = (1000 * PLACES) / (ok / took);
  console.log(
    `p50 ${p(sorted, 0.5).toFixed(0)} ms, p99 ${p(sorted, 0.99).toFixed(0)} ms; ` +
      `${PLACES} places take ${perPlaces.toFixed(0)} ms at the rate of the whole`,
  );
  const waited = passed.sort((x, y) => x - y);
  check(
    p(waited, 0.99) <= PATIENCE * PLACES,
    `p99 of admitted requests waits for ${p(waited, 0.99)} others (p50 ${p(waited, 0.5)}, most ${waited.at(-1)}), ` +
      `at most ${PATIENCE} x ${PLACES} places`,
  );
  checkMemory(memory, length);
} catch (error) {
  check(false, error.message);
} finally {
  agent.destroy();
  if (!ended) await server.end();
  const { code } = await server.exited;
  check(code === 0, `the server ends with 0 (${code})`);
}
console.log(failures.length === 0 ? 'all holds' : `${failures.length} do not hold`);
process.exitCode = failures.length === 0 ? 0 : 1;
