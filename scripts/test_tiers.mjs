// The conformance tests once for every instruction-set tier that this CPU runs, each forced by its name.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { SYNTHETIC_ATTENTION_ISA: _, ...env } = process.env;
delete process.env.SYNTHETIC_ATTENTION_ISA;
const { tiers, isa } = createRequire(import.meta.url)(
  join(root, 'build/Release/synthetic_attention.node'),
).info();

const failed = [];
for (const tier of tiers) {
  if (!tier.supported) {
    console.log(
      `tier ${tier.name}: skipped, ${tier.compiled ? 'this CPU does not run it' : 'not in this build'}`,
    );
    continue;
  }
  if (tier.name === isa) {
    console.log(`tier ${tier.name}: the default here, covered by the tests before`);
    continue;
  }
  console.log(`tier ${tier.name}:`);
  const args = [
    '--experimental-vm-modules',
    '--no-warnings',
    join(root, 'node_modules/jest/bin/jest.js'),
    'test/conformance',
  ];
  const result = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, SYNTHETIC_ATTENTION_ISA: tier.name },
  });
  if (result.status !== 0) failed.push(tier.name);
}
if (failed.length > 0) console.error(`failed on: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
