// Every case beside the encoder in this process, on the same texts, turn by turn: a noisy machine is so to both.
import { Encoder } from '../../dist/index.js';
import { number, percent, table } from '../lib/report.mjs';
import { median, summarize } from '../lib/statistics.mjs';
import { ROUTES } from './cases.mjs';
import { memoryOf, startServer } from './child.mjs';
import { load, percentile } from './load.mjs';
import { proveSame } from './same.mjs';

const WARM_TEXTS = 64;
const SHARES = { p50: 0.5, p95: 0.95, p99: 0.99 };

function bodiesOf(route, texts, each) {
  const bodies = [];
  for (let i = 0; i < texts.length; i += each) {
    const some = texts.slice(i, i + each);
    bodies.push(JSON.stringify(route.body(each === 1 ? some[0] : some)));
  }
  return bodies;
}

async function encoderRate(encoder, texts) {
  const start = performance.now();
  await encoder.encode(texts);
  return (1000 * texts.length) / (performance.now() - start);
}

export async function underLoad({ model, dtype, threads, repeat, texts, api, cases }) {
  const route = ROUTES[api];
  const encoder = await Encoder.load(model, { dtype });
  const server = await startServer({ model, dtype, threads });
  try {
    const lowest = await proveSame(server.address, route, encoder, texts.slice(0, WARM_TEXTS));
    console.log(
      `ready after ${server.readyMs.toFixed(0)} ms; ${Math.min(WARM_TEXTS, texts.length)} answers equal the encoder's, lowest cosine ${lowest.toFixed(7)}`,
    );
    const measured = cases.map((one) => ({
      ...one,
      bodies: bodiesOf(route, texts, one.texts),
      figures: { rate: [], alone: [], ratio: [], p50: [], p95: [], p99: [], resident: [], peak: [] },
    }));
    for (const { bodies, clients } of measured) {
      await load(server.address, route, bodies.slice(0, WARM_TEXTS), clients);
    }
    for (let round = 0; round < repeat; round++) {
      for (const { bodies, clients, figures } of measured) {
        const alone = await encoderRate(encoder, texts);
        const { seconds, latencies } = await load(server.address, route, bodies, clients);
        const rate = texts.length / seconds;
        figures.rate.push(rate);
        figures.alone.push(alone);
        figures.ratio.push(rate / alone);
        for (const [name, share] of Object.entries(SHARES)) figures[name].push(percentile(latencies, share));
        const { resident, peak } = memoryOf(server.pid);
        if (resident === undefined) continue;
        figures.resident.push(resident);
        figures.peak.push(peak);
      }
      console.log(`round ${round + 1} of ${repeat}`);
    }
    print(measured);
    return measured.flatMap(resultsOf);
  } finally {
    encoder.dispose();
    const { code } = await server.end();
    if (code !== 0) console.error(`bench: expected the server to end with 0 but received ${code}`);
  }
}

const UNITS = {
  rate: 'texts/s',
  alone: 'texts/s',
  ratio: 'of the encoder',
  p50: 'ms',
  p95: 'ms',
  p99: 'ms',
  resident: 'MiB',
  peak: 'MiB',
};

function print(measured) {
  const middle = (values) => (values.length > 0 ? median(values) : undefined);
  const rows = measured.map(({ name, figures }) => {
    const { low, high } = summarize(figures.rate);
    const [rate, alone, ratio, p50, p95, p99, resident, peak] = Object.keys(UNITS).map((key) =>
      middle(figures[key]),
    );
    const range = `${low.toFixed(0)}..${high.toFixed(0)}`;
    const memory = [number(resident), number(peak)];
    return [
      name,
      number(rate),
      range,
      number(alone),
      percent(ratio),
      number(p50),
      number(p95),
      number(p99),
      ...memory,
    ];
  });
  const headers = ['case', 'texts/s', 'low..high', 'encoder', 'ratio', 'p50 ms', 'p95 ms', 'p99 ms'];
  console.log(table([...headers, 'RSS MiB', 'peak MiB'], rows, 'lrrrrrrrrr'));
}

function resultsOf({ name, figures }) {
  return Object.entries(UNITS)
    .filter(([key]) => figures[key].length > 0)
    .map(([key, unit]) => ({ case: `${name}: ${key}`, unit, ...summarize(figures[key]) }));
}
