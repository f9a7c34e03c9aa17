/** What the pool and the asynchronous jobs promise, in child processes, so that a crash is seen as one. */

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { info } from '../../../lib/diagnostics.js';

function run(code: string, env: Record<string, string> = {}) {
  const addon = JSON.stringify(info().addonPath);
  const prelude = `const native = require(${addon});
    const product = (n) => ({ batch: 1, m: n, n, k: n, a: new Float32Array(n * n).fill(1), aBatchStride: 0, transposeA: false,
      packed: null, b: new Float32Array(n * n).fill(1), bBatchStride: 0, transposeB: false, bias: null, residual: null,
      activation: 0, out: new Float32Array(n * n) });`;
  const result = spawnSync(process.execPath, ['-e', `${prelude}\n${code}`], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  return { output: result.stdout.trim(), error: result.stderr, status: result.status, signal: result.signal };
}

describe('asynchronous jobs', () => {
  it('hold their arrays while they run', () => {
    const { output, status } = run(
      `
      const jobs = [];
      for (let i = 0; i < 20; i++) {
        const p = product(200);
        const out = p.out;
        jobs.push(native.matmulAsync(p).then(() => out[0]));
        p.a = p.b = p.out = null;
      }
      global.gc();
      const churn = setInterval(() => { global.gc(); new Float32Array(1 << 18).fill(3); }, 0);
      Promise.all(jobs).then((all) => { clearInterval(churn); console.log(all.every((x) => x === 200)); });
    `.replace(
        /^/,
        "require('node:v8').setFlagsFromString('--expose-gc'); global.gc = require('node:vm').runInNewContext('gc');",
      ),
    );
    expect([output, status]).toEqual(['true', 0]);
  });

  it('survive the termination of their worker in mid-call', () => {
    const { output, status, signal, error } = run(`
      const { Worker } = require('node:worker_threads');
      const body = \`const native = require(${'$'}{JSON.stringify(${JSON.stringify(info().addonPath)})});
        const n = 400; const p = () => ({ batch: 1, m: n, n, k: n, a: new Float32Array(n * n), aBatchStride: 0, transposeA: false,
          packed: null, b: new Float32Array(n * n), bBatchStride: 0, transposeB: false, bias: null, residual: null,
          activation: 0, out: new Float32Array(n * n) });
        const again = () => native.matmulAsync(p()).then(again);
        again(); again(); again();
        require('node:worker_threads').parentPort.postMessage('running');\`;
      (async () => {
        for (let i = 0; i < 12; i++) {
          const worker = new Worker(body, { eval: true });
          await new Promise((resolve) => worker.once('message', resolve));
          await new Promise((resolve) => setTimeout(resolve, i * 3));
          await worker.terminate();
        }
        const p = product(64);
        await native.matmulAsync(p);
        console.log(p.out[0]);
      })();
    `);
    expect([output, status, signal, error]).toEqual(['64', 0, null, '']);
  });

  it('work when only workers load the addon, after the last of them has gone', () => {
    const code = `
      const { Worker } = require('node:worker_threads');
      const body = 'const native = require(' + JSON.stringify(${JSON.stringify(info().addonPath)}) + ');' +
        'const n = 300; const p = { batch: 1, m: n, n, k: n, a: new Float32Array(n * n), aBatchStride: 0, transposeA: false,' +
        'packed: null, b: new Float32Array(n * n), bBatchStride: 0, transposeB: false, bias: null, residual: null,' +
        'activation: 0, out: new Float32Array(n * n) }; native.matmulAsync(p).then(() => {});';
      (async () => {
        for (let i = 0; i < 5; i++) {
          await new Promise((resolve) => new Worker(body, { eval: true }).once('exit', resolve));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        console.log('done');
      })();`;
    const result = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', timeout: 60_000 });
    expect([result.stdout.trim(), result.status, result.signal]).toEqual(['done', 0, null]);
  });
});

describe('the pool', () => {
  const threads = 'console.log(native.info().threads)';

  it('is sized by SYNTHETIC_ATTENTION_THREADS, and by setThreads within 1 to 256', () => {
    expect(run(threads, { SYNTHETIC_ATTENTION_THREADS: '3' }).output).toBe('3');
    expect(run(`native.setThreads({ threads: 5 }); ${threads}`).output).toBe('5');
    expect(run('native.setThreads({ threads: 0 })').error).toContain(
      'threads: expected an integer from 1 to 256 but received 0',
    );
  });

  it('gives the same bits on any number of threads', () => {
    const hash = (count: number) =>
      run(`
        native.setThreads({ threads: ${count} });
        const p = product(331);
        for (let i = 0; i < p.a.length; i++) { p.a[i] = Math.sin(i); p.b[i] = Math.cos(i); }
        native.matmul(p);
        console.log(require('node:crypto').createHash('sha256').update(new Uint8Array(p.out.buffer)).digest('hex'));
      `).output;
    const one = hash(1);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect([hash(2), hash(3), hash(7)]).toEqual([one, one, one]);
  });

  it('uses no CPU when there is nothing to do', () => {
    const { output } = run(`
      native.matmulAsync(product(300)).then(() => setTimeout(() => {
        const start = process.cpuUsage();
        setTimeout(() => { const { user, system } = process.cpuUsage(start); console.log((user + system) / 1000); }, 500);
      }, 50));
    `);
    // Milliseconds of CPU in half a second of idling; a spinning thread would use 500.
    expect(Number(output)).toBeLessThan(50);
    expect(Number(output)).toBeGreaterThanOrEqual(0);
  });
});

describe('the tier', () => {
  it('is forced by SYNTHETIC_ATTENTION_ISA, and info proves it', () => {
    for (const tier of info().tiers.filter((t) => t.supported)) {
      expect(run('console.log(native.info().isa)', { SYNTHETIC_ATTENTION_ISA: tier.name }).output).toBe(
        tier.name,
      );
    }
  });

  it('that does not exist gives one clear error', () => {
    const { error, status } = run(
      'try { native.info() } catch (e) { console.error(e.message); process.exit(3) }',
      {
        SYNTHETIC_ATTENTION_ISA: 'quantum',
      },
    );
    expect(status).toBe(3);
    expect(error).toMatch(/^SYNTHETIC_ATTENTION_ISA: expected one of .*scalar.* but received "quantum"\n$/);
  });
});
