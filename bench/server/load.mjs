// One case: clients that each send their next request when the last one was answered, until all texts are embedded.
import autocannon from 'autocannon';

/** An answer that takes longer is an error: a run has an end. */
const TIMEOUT_SECONDS = 60;

/** @param bodies one a request */
export async function load(address, route, bodies, clients) {
  let sent = 0;
  let last = 0;
  const latencies = [];
  const statuses = new Map();
  const start = performance.now();
  const running = autocannon({
    url: address + route.path,
    connections: Math.min(clients, bodies.length),
    amount: bodies.length,
    timeout: TIMEOUT_SECONDS,
    // How often it looks whether all is done.
    sampleInt: 100,
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        setupRequest: (request) => ({ ...request, body: bodies[sent++ % bodies.length] }),
      },
    ],
  });
  running.on('response', (_client, status, _bytes, ms) => {
    last = performance.now();
    latencies.push(ms);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  const { errors } = await running;
  if (errors > 0 || statuses.get(200) !== bodies.length) {
    const got = [...statuses].map(([status, count]) => `${count} x ${status}`).join(', ');
    throw new Error(`load: expected ${bodies.length} x 200 but received ${got}, ${errors} error(s)`);
  }
  return { seconds: (last - start) / 1000, latencies: latencies.sort((a, b) => a - b) };
}

/** The value that `share` of the ascending ones do not exceed. */
export function percentile(ascending, share) {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)];
}
