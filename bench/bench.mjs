// The kernels, then the layers, with the same options and into one report; no others, which would take minutes.
//   npm run bench -- [--filter TEXT] [--threads N] [--json FILE]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOptions } from './lib/options.mjs';
import { readReport, writeReport } from './lib/report.mjs';

const { json, ...options } = readOptions({
  command: 'bench',
  summary: 'Times the kernels and the layers, about a minute in all.',
  own: { threads: { fallback: 1 }, repeat: { fallback: 15 } },
});
const given = Object.entries(options)
  .filter(([, value]) => value)
  .flatMap(([name, value]) => [`--${name}`, String(value)]);
const PARTS = { kernels: [], layers: ['--no-peers'] };

const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-bench-'));
const reports = [];
try {
  for (const [part, own] of Object.entries(PARTS)) {
    const script = fileURLToPath(new URL(`${part}.mjs`, import.meta.url));
    const file = join(folder, `${part}.json`);
    const args = [script, ...given, ...own, '--json', file];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
    if (existsSync(file)) reports.push(readReport(file));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
// The layers know the CPU by the name that the package gives it; SYNTHETIC_ATTENTION_ADDON may have other tiers.
const isa = [...new Set(reports.map(({ machine }) => machine.isa))].join(',');
const machine = { ...reports.at(-1)?.machine, isa };
writeReport(
  json,
  machine,
  reports.flatMap(({ results }) => results),
);
