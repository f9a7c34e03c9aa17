// Runs in the Node of another platform (scripts/test_arm64.mjs, scripts/test_prebuilds.mjs): the addon loads, chooses
// the instruction set that is expected, and its operations equal plain loops within bounds derived from the operands,
// as in test/support/reference.ts.
//   node addon_operations.mjs ADDON [ISA]
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arch, version } from 'node:process';
import { Worker } from 'node:worker_threads';

const U = 2 ** -24;
const addon = createRequire(import.meta.url)(process.argv[2]);
let compared = 0;
let failed = 0;

function equal(what, received, expected) {
  compared++;
  if (received === expected) return;
  failed++;
  console.log(`FAILED ${what}: expected ${expected} but received ${received}`);
}

function within(what, element, received, expected, bound) {
  compared++;
  // Written so that NaN fails.
  if (Math.abs(received - expected) <= bound) return;
  failed++;
  console.log(
    `FAILED ${what}, element ${element}: expected ${expected} within ${bound} but received ${received}`,
  );
}

let state = 20240607;
function uniform() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
}
const numbers = (size) => Float32Array.from({ length: size }, uniform);

function matmul(m, n, k) {
  const [a, b, bias, out] = [numbers(m * k), numbers(k * n), numbers(n), new Float32Array(m * n)];
  const shape = { batch: 1, m, n, k, aBatchStride: m * k, bBatchStride: k * n };
  const flags = { transposeA: false, transposeB: false, packed: null, residual: null, activation: 0 };
  addon.matmul({ ...shape, ...flags, a, b, bias, out });
  for (let i = 0; i < m * n; i++) {
    const [row, column] = [Math.floor(i / n), i % n];
    let sum = bias[column];
    let magnitude = Math.abs(sum);
    for (let p = 0; p < k; p++) {
      const product = a[row * k + p] * b[p * n + column];
      sum += product;
      magnitude += Math.abs(product);
    }
    within(`matmul ${m} x ${n} x ${k}`, i, out[i], sum, (k + 2) * U * magnitude);
  }
}

/** Softmax of logits with their absolute errors, and the relative error of each weight. */
function softmaxRow(logits, errors) {
  const max = Math.max(...logits);
  const exponentials = logits.map((x) => Math.exp(x - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  // The argument is rounded twice, the exponential errs by 2 ULP (4 u); the sum averages these errors.
  const own = logits.map((x, j) => (2 * (max - x) + 4) * U + errors[j]);
  const common = exponentials.reduce((a, e, j) => a + e * own[j], 0) / sum + (logits.length + 8) * U;
  return exponentials.map((e, j) => ({ weight: e / sum, relative: Math.expm1(own[j] + common) }));
}

function softmax(rows, columns) {
  const x = numbers(rows * columns).map((v) => 20 * v);
  const y = new Float32Array(x.length);
  addon.softmax({ x, y, rows, columns, scale: 1, mask: null, maskRows: 0, causal: false, causalRows: 0 });
  for (let r = 0; r < rows; r++) {
    const row = [...x.subarray(r * columns, (r + 1) * columns)];
    softmaxRow(row, new Float64Array(columns)).forEach(({ weight, relative }, j) => {
      within('softmax', r * columns + j, y[r * columns + j], weight, weight * relative);
    });
  }
}

function attention(queries, keys, depth, columns) {
  const [left, right, value] = [numbers(queries * depth), numbers(keys * depth), numbers(keys * columns)];
  const out = new Float32Array(queries * columns);
  const weight = 0.5;
  const source = {
    kind: 0,
    weight,
    depth,
    left,
    right,
    leftStrides: [0, 0, depth],
    rightStrides: [0, 0, depth],
  };
  const shape = { batch: 1, heads: 1, queries, keys, valueColumns: columns, kvGroup: 1 };
  const reach = { position: 0, before: -1, after: -1 };
  const strides = { valueStrides: [0, 0, columns], outStrides: [0, 0, columns], maskStrides: [0, 0, 0] };
  const operands = { sources: [{ ...source, bias: null, biasHeadStride: 0 }], value, out };
  addon.attention({ ...shape, ...reach, ...strides, ...operands, mask: null, weights: null });
  for (let i = 0; i < queries; i++) {
    const products = Array.from({ length: keys }, (_, j) =>
      Array.from({ length: depth }, (_, c) => left[i * depth + c] * right[j * depth + c]),
    );
    const logits = products.map((p) => weight * p.reduce((a, b) => a + b, 0));
    const errors = products.map((p) => weight * (depth + 2) * U * p.reduce((a, b) => a + Math.abs(b), 0));
    const row = softmaxRow(logits, errors);
    for (let c = 0; c < columns; c++) {
      const terms = row.map(({ weight, relative }, j) => [weight * value[j * columns + c], relative]);
      const exact = terms.reduce((a, [x]) => a + x, 0);
      const bound = terms.reduce((a, [x, r]) => a + Math.abs(x) * (r + (keys + 4) * U), 0);
      within('attention', i * columns + c, out[i * columns + c], exact, bound);
    }
  }
}

/** Results do not depend on the threads that compute them, nor on the environment that asks. */
async function threads() {
  const [m, n, k] = [60, 64, 48];
  const shape = { batch: 1, m, n, k, aBatchStride: m * k, bBatchStride: k * n };
  const flags = {
    transposeA: false,
    transposeB: false,
    packed: null,
    residual: null,
    activation: 0,
    bias: null,
  };
  const options = { ...shape, ...flags, a: numbers(m * k), b: numbers(k * n) };
  const results = [1, 3, 1, 1].map(() => new Float32Array(m * n));
  addon.setThreads({ threads: 1 });
  addon.matmul({ ...options, out: results[0] });
  addon.setThreads({ threads: 3 });
  addon.matmul({ ...options, out: results[1] });
  await addon.matmulAsync({ ...options, out: results[2] });
  const code = `const { parentPort, workerData: { file, options, out } } = require('node:worker_threads');
    require(file).matmul({ ...options, out });
    parentPort.postMessage(out);`;
  const workerData = { file: process.argv[2], options, out: results[3] };
  results[3] = await new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true, workerData });
    worker.once('message', resolve).once('error', reject);
  });
  const [first, ...others] = results.map((result) => Buffer.from(result.buffer).toString('hex'));
  ['three threads', 'a thread for jobs', 'a worker'].forEach((name, i) => {
    equal(`matmul by ${name}: the same bits`, others[i] === first, true);
  });
}

/** The second file of the same name finds the lock taken: native/runtime/file_lock.h. */
function locks() {
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  const open = () => openSync(join(folder, 'locked'), 'w');
  const files = [open(), open()];
  equal('the first lock of a file', addon.lockFile({ fd: files[0] }), 0);
  equal('the second lock of a file', addon.lockFile({ fd: files[1] }), 1);
  for (const fd of files) closeSync(fd);
  rmSync(folder, { recursive: true });
}

const { isa, tiers } = addon.info();
const supported = tiers.filter((tier) => tier.supported).map((tier) => tier.name);
const expected = process.argv[3] ?? isa;
if (isa !== expected) {
  failed++;
  console.log(`FAILED info().isa: expected ${expected} but received ${isa} of ${supported.join(' ')}`);
}
for (const [m, n, k] of [
  [1, 1, 1],
  [7, 13, 5],
  [33, 50, 129],
  [64, 96, 400],
])
  matmul(m, n, k);
softmax(9, 131);
attention(50, 70, 19, 23);
attention(3, 600, 8, 12);
await threads();
locks();
console.log(
  `summary: addon in Node ${version} ${arch}, isa ${isa} of ${supported.join(' ')}: ` +
    `${compared} comparisons, ${failed} failed`,
);
process.exitCode = failed > 0 ? 1 : 0;
