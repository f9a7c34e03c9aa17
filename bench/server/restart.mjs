// How long a server takes that was killed and starts again on its port.
import { summarize } from '../lib/statistics.mjs';
import { startServer } from './child.mjs';

export async function restarts({ model, dtype, threads, repeat }) {
  const said = [];
  const answered = [];
  let server = await startServer({ model, dtype, threads });
  try {
    for (let i = 0; i < repeat; i++) {
      const { port } = server;
      // In the middle of a request.
      const body = JSON.stringify({ inputs: Array.from({ length: 64 }, () => 'some words '.repeat(50)) });
      const headers = { 'content-type': 'application/json' };
      const lost = fetch(`${server.address}/embed`, { method: 'POST', headers, body }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      await server.end('SIGKILL');
      await lost;
      const start = performance.now();
      server = await startServer({ model, dtype, threads, port });
      // Readiness runs the model.
      const { status } = await fetch(`${server.address}/health`);
      if (status !== 200) throw new Error(`restart: expected 200 but received ${status}`);
      answered.push(performance.now() - start);
      said.push(server.readyMs);
    }
  } finally {
    await server.end();
  }
  for (const [what, values] of Object.entries({ 'said "ready"': said, 'answered /health': answered })) {
    const { median, low, high } = summarize(values);
    console.log(
      `after SIGKILL and start: ${what} after ${median.toFixed(0)} ms (${low.toFixed(0)}..${high.toFixed(0)}, ${repeat} times)`,
    );
  }
  return [
    { case: 'restart: ready', unit: 'ms', ...summarize(said) },
    { case: 'restart: /health', unit: 'ms', ...summarize(answered) },
  ];
}
