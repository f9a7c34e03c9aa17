/** Threads for asynchronous jobs: not libuv's, bounded, and gone with their environment. In child processes. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { info } from '../../../lib/diagnostics.js';

const ADDON = JSON.stringify(info().addonPath);
const PRELUDE = `const native = require(${ADDON});
  const product = (n) => ({ batch: 1, m: n, n, k: n, a: new Float32Array(n * n).fill(1), aBatchStride: 0, transposeA: false,
    packed: null, b: new Float32Array(n * n).fill(1), bBatchStride: 0, transposeB: false, bias: null, residual: null,
    activation: 0, out: new Float32Array(n * n) });
  const small = (i) => ({ op: 0, x: Float32Array.of(i), out: new Float32Array(1) });
  const { Worker } = require('node:worker_threads');`;

function run(code: string, env: Record<string, string> = {}) {
  const result = spawnSync(process.execPath, ['-e', `${PRELUDE}\n${code}`], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 120_000,
  });
  return { output: result.stdout.trim(), error: result.stderr, status: result.status, signal: result.signal };
}

const good = (output: string) => ({ output, error: '', status: 0, signal: null });

describe('asynchronous jobs', () => {
  it('leave the threads of libuv alone: a file is read before the first of many jobs has ended', () => {
    const code = `
      const order = [];
      const n = 1200, data = new Float32Array(n * n);
      const packed = new native.PackedMatrix({ data, count: 1, k: n, n, batchStride: 0, rowStride: n, columnStride: 1 });
      const options = { ...product(8), m: n, n, k: n, a: data, b: null, packed, out: new Float32Array(n * n) };
      const jobs = Array.from({ length: 8 }, () => native.matmulAsync(options, [data, options.out]).then(() => order.push('job')));
      const read = require('node:fs').promises.stat(process.execPath).then(() => order.push('file'));
      Promise.all([...jobs, read]).then(() => console.log(order[0], order.length));`;
    expect(run(code, { UV_THREADPOOL_SIZE: '1', SYNTHETIC_ATTENTION_THREADS: '1' })).toEqual(good('file 9'));
  });

  it('run by the thousands on a bounded number of threads', () => {
    const code = `
      const jobs = Array.from({ length: 20000 }, (_, i) => { const p = small(i); return native.unaryAsync(p).then(() => p.out[0] === -i); });
      Promise.all(jobs).then((all) => console.log(all.every(Boolean), native.info().jobThreads));`;
    const { output, ...rest } = run(code, { SYNTHETIC_ATTENTION_THREADS: '2' });
    expect(rest).toEqual({ error: '', status: 0, signal: null });
    const [right, threads] = output.split(' ');
    expect(right).toBe('true');
    expect(Number(threads)).toBeGreaterThanOrEqual(1);
    expect(Number(threads)).toBeLessThanOrEqual(4);
  });

  it('keep the event loop alive until they have settled, and no longer', () => {
    expect(run(`native.matmulAsync(product(600)).then(() => console.log('settled'));`)).toEqual(
      good('settled'),
    );
    expect(
      run(`native.matmulAsync(product(8)).then(() => console.log('first')).then(() => native.matmulAsync(product(300)))
      .then(() => console.log('second'));`),
    ).toEqual(good('first\nsecond'));
  });

  it('hold copies up to a bound: beyond it, a job runs on the calling thread', () => {
    const code = `
      const x = new Float32Array(1 << 25).fill(1);
      const out = new Float32Array(8);
      const jobs = [];
      let most = 0;
      for (let i = 0; i < 8; i++) {
        jobs.push(native.reduceAsync({ op: 0, x, out: out.subarray(i, i + 1), outer: 1, size: x.length, inner: 1 }));
        most = Math.max(most, native.info().copiedBytes);
      }
      Promise.all(jobs).then(() => console.log([...out].join(), most / 2 ** 27 <= 6, native.info().copiedBytes));`;
    expect(run(code, { SYNTHETIC_ATTENTION_THREADS: '1' })).toEqual(
      good(`${Array(8).fill(33554432)} true 0`),
    );
  });

  it('are dropped or waited for when their worker is terminated', () => {
    const worker = `const native = require(${ADDON}); const n = 400; const f = () => new Float32Array(n * n);
      const own = f(); for (let i = 0; i < 200; i++) native.matmulAsync({ batch: 1, m: n, n, k: n, a: own, aBatchStride: 0,
        transposeA: false, packed: null, b: own, bBatchStride: 0, transposeB: false, bias: null, residual: null, activation: 0,
        out: f() }, [own]).then(() => {});
      require('node:worker_threads').parentPort.postMessage('running');`;
    const code = `(async () => {
      for (let i = 0; i < 8; i++) {
        const workers = Array.from({ length: 3 }, () => new Worker(${JSON.stringify(worker)}, { eval: true }));
        await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
        await new Promise((resolve) => setTimeout(resolve, i * 2));
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      const p = product(64);
      await native.matmulAsync(p);
      console.log(p.out[0]);
    })();`;
    expect(run(code)).toEqual(good('64'));
  });

  it('do not keep process.exit from ending the process, in the main thread or in a worker', () => {
    for (let i = 0; i < 4; i++) {
      const code = `for (let i = 0; i < 50; i++) native.matmulAsync(product(300)); setTimeout(() => process.exit(7), ${i});`;
      expect(run(code)).toEqual({ output: '', error: '', status: 7, signal: null });
      const worker = `const native = require(${ADDON}); const n = 300; const f = () => new Float32Array(n * n);
        for (let i = 0; i < 50; i++) native.unaryAsync({ op: 2, x: f(), out: f() }); process.exit(5);`;
      const inWorker = `new Worker(${JSON.stringify(worker)}, { eval: true }).on('exit', (code) => console.log(code));`;
      expect(run(inWorker)).toEqual(good('5'));
    }
  });
});

describe('environment variables', () => {
  const attempts = `
    for (const attempt of [() => native.info(), () => native.unary(small(1)), () => native.unaryAsync(small(1)),
      () => native.setThreads({ threads: 2 }), () => new native.PackedMatrix({})]) {
      try { attempt(); console.log('no error'); } catch (e) { console.log(e.code + ' ' + e.message); }
    }`;
  const cases: [string, string, string][] = [
    ...['x', '-1', '0', '', ' 2', '2 ', '1.5', '1e1', '257', '99999999999999999999', '0x10'].map(
      (value): [string, string, string] => ['SYNTHETIC_ATTENTION_THREADS', value, 'an integer from 1 to 256'],
    ),
    ...['x', '-1', '', '20'].map((value): [string, string, string] => [
      'SYNTHETIC_ATTENTION_NICE',
      value,
      'an integer from 0 to 19',
    ]),
  ];

  it.each(cases)('%s of "%s" is an error of every call', (name, value, expected) => {
    const { output } = run(attempts, { [name]: value });
    const message = `ERR_NATIVE ${name}: expected ${expected} but received "${value}"`;
    expect(output.split('\n')).toEqual(Array(5).fill(message));
  });

  it('SYNTHETIC_ATTENTION_ISA must name a tier: an empty name is none', () => {
    for (const line of run(attempts, { SYNTHETIC_ATTENTION_ISA: '' }).output.split('\n')) {
      expect(line).toMatch(
        /^ERR_NATIVE SYNTHETIC_ATTENTION_ISA: expected one of .*scalar.* but received ""$/,
      );
    }
  });

  it('are taken where they are right', () => {
    const code = 'console.log(native.info().threads, native.unary(small(1)))';
    expect(run(code, { SYNTHETIC_ATTENTION_THREADS: '256', SYNTHETIC_ATTENTION_NICE: '0' }).output).toBe(
      '256 undefined',
    );
  });
});

describe('a system that gives no more', () => {
  const prlimit = spawnSync('prlimit', ['--version']).status === 0;
  const linux = process.platform === 'linux' && prlimit;
  /** Root has no limit of threads: a user without rights takes its place. */
  const limited = (limit: string) => `
    const { execFileSync } = require('node:child_process');
    native.info();
    execFileSync('prlimit', ['--pid', String(process.pid), ${limit}]);
    if (process.getuid() === 0) process.setuid(65534);`;

  (linux ? it : it.skip)('threads: operations run on those that are there, even none', () => {
    const code = `${limited("'--nproc=1:1'")}
      const p = product(300), q = product(200);
      native.matmul(p);
      console.log(p.out[0], native.info().workerThreads);
      native.matmulAsync(q).then(() => console.log(q.out[0], native.info().jobThreads));`;
    expect(run(code, { SYNTHETIC_ATTENTION_THREADS: '4' })).toEqual(good('300 0\n200 0'));
  });

  (linux ? it : it.skip)('memory: one error of one operation', () => {
    const code = `
      const data = new Float32Array(1 << 24);
      const out = new Float32Array(1 << 24);
      const warm = native.unaryAsync(small(1)).then(() => {
        const pages = Number(require('node:fs').readFileSync('/proc/self/statm', 'utf8').split(' ')[0]);
        require('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (pages * 4096 + (24 << 20))]);
        const attempts = [
          () => native.unaryAsync({ op: 0, x: data, out }),
          () => new native.PackedMatrix({ data, count: 1, k: 4096, n: 4096, batchStride: 0, rowStride: 4096, columnStride: 1 }),
          () => new native.QuantizedMatrix({ data, k: 4096, n: 65536, rowStride: 0, columnStride: 1 }),
          () => native.pool({ x: data, y: out, offsets: new Int32Array(out.buffer), columns: 0, mode: 0 }),
        ];
        for (const attempt of attempts) {
          try { attempt(); console.log('no error'); } catch (e) { console.log(e.code, e.reason); }
        }
        native.unary({ op: 0, x: data, out });
      });`;
    const { output, ...rest } = run(code, { SYNTHETIC_ATTENTION_THREADS: '1' });
    expect(rest).toEqual({ error: '', status: 0, signal: null });
    expect(output.split('\n')).toEqual(Array(4).fill('ERR_NATIVE memory'));
  });
});
