// What it costs that asynchronous operations work on copies of the caller's arrays: the same call with its arrays copied
// and with its arrays declared as owned, in turn. Least and median time, in microseconds.
//   node bench/async_copies.mjs [rounds]
import { createRequire } from 'node:module';
import { info } from '../dist/index.js';

const native = createRequire(import.meta.url)(info().addonPath);
const rounds = Number(process.argv[2] ?? 300);
const filled = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i));

function matmul(m, n, k, isPacked) {
  const data = filled(k * n);
  const b = isPacked ? null : data;
  const packed = isPacked
    ? new native.PackedMatrix({ data, count: 1, k, n, batchStride: 0, rowStride: n, columnStride: 1 })
    : null;
  const options = {
    batch: 1,
    m,
    n,
    k,
    a: filled(m * k),
    aBatchStride: 0,
    transposeA: false,
    packed,
    b,
    bBatchStride: 0,
  };
  return {
    ...options,
    transposeB: false,
    bias: null,
    residual: null,
    activation: 0,
    out: new Float32Array(m * n),
  };
}

function softmax(rows, columns) {
  const [x, y] = [filled(rows * columns), new Float32Array(rows * columns)];
  return { x, y, rows, columns, scale: 1, mask: null, maskRows: 0, causal: false, causalRows: 0 };
}

const CASES = [
  ['unary 4', 'unary', { op: 0, x: filled(4), out: new Float32Array(4) }],
  ...[64, 256, 512, 1024].map((n) => [`matmul ${n} packed`, 'matmul', matmul(n, n, n, true)]),
  ...[64, 256, 512, 1024].map((n) => [`matmul ${n}`, 'matmul', matmul(n, n, n, false)]),
  ...[64, 1024, 8192].map((rows) => [`softmax ${rows} x 512`, 'softmax', softmax(rows, 512)]),
];

const arraysOf = (options) => Object.values(options).filter(ArrayBuffer.isView);

for (const [label, name, options] of CASES) {
  const calls = {
    copied: () => native[`${name}Async`](options),
    owned: () => native[`${name}Async`](options, arraysOf(options)),
  };
  const output = options.out ?? options.y;
  await calls.owned();
  const right = output.slice();
  output.fill(0);
  await calls.copied();
  if (!right.every((x, i) => Object.is(x, output[i])))
    throw new Error(`${label}: the copies give other numbers`);
  const times = { copied: [], owned: [] };
  for (let i = 0; i < rounds; i++) {
    for (const [way, call] of Object.entries(calls)) {
      const start = performance.now();
      await call();
      times[way].push((performance.now() - start) * 1000);
    }
  }
  const [copied, owned] = [times.copied, times.owned].map((all) => {
    all.sort((a, b) => a - b);
    return { least: all[0], median: all[all.length >> 1] };
  });
  const pair = (of) =>
    `${copied[of].toFixed(1).padStart(9)}${owned[of].toFixed(1).padStart(9)}${(copied[of] / owned[of]).toFixed(2).padStart(6)}`;
  console.log(`${label.padEnd(20)}  least${pair('least')}   median${pair('median')}`);
}
