// Loads the prebuilt addons in Node of their own platforms and compares their operations with plain loops
// (test/native/addon_operations.mjs), on each instruction set that is there. An addon that cannot run here is skipped,
// and the line says why.
//   npm run test:prebuilds [-- TAG ...]
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, root } from './prebuild/process.mjs';
import { ADDON, TAGS, targetOf } from './prebuild/targets.mjs';
import { runtimesOf } from './test_prebuilds/runtimes.mjs';

const check = join(root, 'test/native/addon_operations.mjs');
const SUMMARY = /^summary: .* isa (\w+) of ([\w ]+): (\d+) comparisons, (\d+) failed$/m;

/** Runs the comparisons on one tier, or on the best one. @returns what was printed and the parts of its summary */
async function compare(tag, { command, env, windows }, tier) {
  const [program, ...first] = command;
  const addon = join(root, 'prebuilds', tag, ADDON);
  const args = [...first, check, addon, ...(tier ? [tier] : [])];
  const forced = tier ? { SYNTHETIC_ATTENTION_ISA: tier } : {};
  const options = { env: { ...process.env, ...env, ...forced } };
  const log = join(root, 'build', 'runtimes', `${tag}.log`);
  if (windows) {
    mkdirSync(join(root, 'build', 'runtimes'), { recursive: true });
    const file = openSync(log, 'w');
    options.stdio = ['ignore', file, file];
  }
  const { status, output } = await execute(program, args, options);
  if (windows) closeSync(options.stdio[1]);
  const printed = windows ? readFileSync(log, 'utf8').replaceAll('\r', '') + output : output;
  const [line, isa, supported, compared, failed] = SUMMARY.exec(printed) ?? [];
  const right = (windows || status === 0) && Number(compared) > 0 && Number(failed) === 0;
  return { printed, line, isa, supported: supported?.split(' ') ?? [], right };
}

async function testRuntime(tag, runtime) {
  const best = await compare(tag, runtime, runtime.tier);
  const results = [best];
  for (const tier of best.supported) {
    if (tier !== best.isa) results.push(await compare(tag, runtime, tier));
  }
  for (const { right, line, printed } of results) {
    console.log(`${tag}: ${runtime.where}: ${right ? line.replace('summary: ', '') : 'FAILED'}`);
    if (!right) console.log(printed.trimEnd());
  }
  return results.every(({ right }) => right);
}

async function test(tag) {
  if (!existsSync(join(root, 'prebuilds', tag, ADDON)))
    return `there is none; npm run prebuild -- ${tag} makes it`;
  const { runs, skipped } = await runtimesOf(tag);
  if (skipped) return skipped;
  let right = true;
  for (const runtime of runs) right = (await testRuntime(tag, runtime)) && right;
  return right;
}

const named = process.argv.slice(2);
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const tag of named.length > 0 ? named.map((name) => targetOf(name).tag) : TAGS) {
  const result = await test(tag);
  if (typeof result === 'string') console.log(`${tag}: skipped, ${result}`);
  counts[typeof result === 'string' ? 'skipped' : result ? 'passed' : 'failed']++;
}
console.log(
  `summary: prebuilt addons: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
