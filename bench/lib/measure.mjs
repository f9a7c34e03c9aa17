// Times a function that may or may not return a promise.

/** A sample shorter than this is mostly the clock and the scheduler. */
const SAMPLE_SECONDS = 0.05;
const WARM_SECONDS = 0.05;
/** A call that long needs no second one to warm up. */
const LONG_CALL = 0.5;

function isThenable(value) {
  return typeof value?.then === 'function';
}

async function once(run) {
  const start = performance.now();
  const result = run();
  // Not awaited when there is nothing to wait for: a turn of the microtask queue costs as much as a small kernel.
  if (isThenable(result)) await result;
  return (performance.now() - start) / 1000;
}

async function sample(run, inner, asynchronous) {
  const start = performance.now();
  if (asynchronous) for (let i = 0; i < inner; i++) await run();
  else for (let i = 0; i < inner; i++) run();
  return (performance.now() - start) / 1000 / inner;
}

/**
 * @param run one call of what is measured
 * @param samples how many samples; fewer, but `least`, when they would take longer than `seconds`
 * @returns seconds a call, one number a sample
 */
export async function measure(run, { samples = 15, least = 3, seconds = 3 } = {}) {
  const first = run();
  const asynchronous = isThenable(first);
  if (asynchronous) await first;
  // Warm-up: compilers, caches, pages. The quickest of these calls chooses the number of calls a sample.
  let quickest = Number.POSITIVE_INFINITY;
  let calls = 0;
  for (let spent = 0; calls < 2 || (spent < WARM_SECONDS && calls < 1000); calls++) {
    const took = await once(run);
    quickest = Math.min(quickest, took);
    spent += took;
    if (took > LONG_CALL) break;
  }
  const inner = Math.max(1, Math.ceil(SAMPLE_SECONDS / Math.max(quickest, 1e-8)));
  const affordable = Math.floor(seconds / Math.max(SAMPLE_SECONDS, quickest));
  const times = [];
  for (let i = 0; i < Math.min(samples, Math.max(least, affordable)); i++) {
    times.push(await sample(run, inner, asynchronous));
  }
  return times;
}
