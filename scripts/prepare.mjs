// What a clone needs after `npm ci`: the native addon, when its sources are newer, and dist/.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const run = (name, args = []) => {
  const script = fileURLToPath(new URL(name, import.meta.url));
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
};

run('build_native.mjs', ['--if-needed']);
run('build_ts.mjs');
