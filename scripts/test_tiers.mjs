// Runs the tests again for every other instruction-set tier that this CPU has, each forced by its name. The whole suite
// runs on a tier that users' machines have as their best one; scalar is the definition that the others are tested
// against, and runs the conformance tests alone. `SYNTHETIC_ATTENTION_ISA=scalar npm run jest` runs them all.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const CONFORMANCE_ONLY = ['scalar'];

/** The tier that `npm run jest` has just tested: the forced one, else the best that the CPU has. */
const { tiers, isa } = createRequire(import.meta.url)(
  join(root, 'build/Release/synthetic_attention.node'),
).info();

function reasonToSkip({ name, supported, compiled }) {
  if (!compiled) return 'not in this build';
  if (!supported) return 'this CPU does not run it';
  if (name === isa) return 'tested before';
  if (process.env.SYNTHETIC_ATTENTION_ISA) return `${isa} is forced`;
  return undefined;
}

const failed = [];
for (const tier of tiers) {
  const reason = reasonToSkip(tier);
  console.log(`tier ${tier.name}:${reason ? ` skipped, ${reason}` : ''}`);
  if (reason) continue;
  const jest = ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js')];
  const tests = CONFORMANCE_ONLY.includes(tier.name) ? ['test/conformance'] : [];
  const { status } = spawnSync(process.execPath, [...jest, ...tests], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, SYNTHETIC_ATTENTION_ISA: tier.name },
  });
  if (status !== 0) failed.push(tier.name);
}
if (failed.length > 0) console.error(`failed on: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
