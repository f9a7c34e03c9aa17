// Builds and runs the native benchmark of the kernels, bench/native/kernels_main.cc, which checks every result
// against float64 before it times it, beside the peak of multiply-adds measured in the same run.
//   npm run bench:kernels -- [--filter TEXT] [--threads N] [--isa avx2,scalar] [--json FILE]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from './lib/machine.mjs';
import { buildNativeProgram } from './lib/native_program.mjs';
import { readOptions } from './lib/options.mjs';
import { readReport, writeReport } from './lib/report.mjs';

const options = readOptions({
  command: 'bench:kernels',
  summary: 'Times the kernels without Node.',
  own: {
    threads: { fallback: 1 },
    repeat: { fallback: 15 },
    isa: {
      value: 'LIST',
      help: 'instruction-set tiers, one run each, such as avx2,scalar; by default the best',
    },
  },
});

const program = await buildNativeProgram('kernels_main.cc');
const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-bench-'));
const results = [];
let failed = false;
try {
  for (const isa of options.isa?.split(',') ?? [undefined]) {
    const json = join(folder, `${isa ?? 'best'}.json`);
    const args = ['--json', json, '--samples', String(options.repeat)];
    if (options.filter !== undefined) args.push('--filter', options.filter);
    const env = { ...process.env, SYNTHETIC_ATTENTION_THREADS: String(options.threads) };
    if (isa !== undefined) env.SYNTHETIC_ATTENTION_ISA = isa;
    const { status, signal } = spawnSync(program, args, { stdio: 'inherit', env });
    // 1: a result outside of its bound, which the program has named; the others are in the file.
    if (status !== 0) failed = true;
    if (signal) console.error(`bench: expected ${program} to end by itself but received ${signal}`);
    if (status === 0 || status === 1) results.push(...readReport(json).results);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const tiers = [...new Set(results.map((result) => result.tier))].join(',');
writeReport(options.json, describeMachine({ isa: tiers, threads: options.threads }), results);
if (failed) process.exitCode = 1;
