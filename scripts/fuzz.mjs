// Random inputs for every part of the package that takes input from outside; test/fuzz/target.ts says what a target is.
//   npm run fuzz -- --minutes 20 [--target kernels]... [--seed 1] [--sanitize] [--findings DIR]
//   npm run fuzz -- --inputs 200 --seed 1        a fixed number of inputs for each target: the same every time
//   npm run fuzz -- --replay FILE                one finding again
// --minutes and --inputs count for each target. Findings are written to DIR, by default build/fuzz/findings.
// --sanitize runs the addon under the address and undefined behaviour sanitizers.
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { inlinePlugin } from './build_ts/inline.mjs';
import { countFindings, fuzzTarget } from './fuzz_target.mjs';
import { root } from './native_tests.mjs';
import { sanitizedAddon } from './sanitized_addon.mjs';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string' },
    inputs: { type: 'string' },
    target: { type: 'string', multiple: true },
    seed: { type: 'string' },
    sanitize: { type: 'boolean', default: false },
    findings: { type: 'string', default: join(root, 'build/fuzz/findings') },
    replay: { type: 'string' },
    isa: { type: 'string' },
    'hang-seconds': { type: 'string' },
  },
});

/** Inputs of one process. */
const BATCH = 500;

/** Bundled, since Node runs no TypeScript; inside build, so that the package's root is found above. */
async function bundle() {
  const entry = (name) => join(root, `test/fuzz/${name}.ts`);
  // A folder of its own, for another run may be under way.
  const outdir = join(root, `build/fuzz/bundle.${process.pid}`);
  process.on('exit', () => rmSync(outdir, { recursive: true, force: true }));
  await build({
    entryPoints: { child: entry('child'), worker: entry('worker'), targets: entry('targets/index') },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    plugins: [inlinePlugin],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outdir;
}

function number(name, fallback) {
  if (options[name] === undefined) return fallback;
  const value = Number(options[name]);
  if (!(value >= 0)) throw new Error(`--${name}: expected a number from 0 on but received ${options[name]}`);
  return value;
}

/** The default tier first; then the others that this CPU has. */
function tiers() {
  if (options.isa !== undefined) return [options.isa];
  if (process.env.SYNTHETIC_ATTENTION_ISA) return [undefined];
  const addon = createRequire(import.meta.url)(join(root, 'build/Release/synthetic_attention.node'));
  const { tiers: all, isa } = addon.info();
  return [
    undefined,
    ...all.filter(({ name, supported }) => supported && name !== isa).map(({ name }) => name),
  ];
}

async function settingsOf(sanitized, isa) {
  const outdir = await bundle();
  return {
    child: join(outdir, 'child.mjs'),
    targets: join(outdir, 'targets.mjs'),
    findings: options.findings,
    hangMs: 1000 * number('hang-seconds', sanitized ? 60 : 20),
    env: sanitized ? sanitizedAddon() : {},
    tiers: isa ?? tiers(),
    batch: BATCH,
    sanitized,
  };
}

function summary(name, seed, total) {
  const { inputs, refused, crash, hang, untyped, wrong } = total;
  return `${name}: seed ${seed}, ${inputs} inputs (${refused} refused), crashes ${crash}, hangs ${hang}, untyped errors ${untyped}, wrong results ${wrong}`;
}

/** Alone first; a fault that needs what ran before it is looked for in its whole batch. */
async function replay(file) {
  const finding = JSON.parse(readFileSync(file, 'utf8'));
  const { target, seed, index, input, batchFrom } = finding;
  const settings = await settingsOf(options.sanitize || finding.sanitized, [options.isa ?? finding.isa]);
  const until = Date.now() + 3_600_000;
  let total = await fuzzTarget({ target, seed, from: index, count: 1, until, input }, settings);
  if (countFindings(total) === 0) {
    console.log(`input ${index} alone finds nothing; running its batch from ${batchFrom}`);
    total = await fuzzTarget(
      { target, seed, from: batchFrom, count: index - batchFrom + 1, until },
      settings,
    );
  }
  for (const path of total.files) console.log(JSON.parse(readFileSync(path, 'utf8')).error);
  console.log(summary(target, seed, total));
  return countFindings(total);
}

async function fuzz() {
  const settings = await settingsOf(options.sanitize);
  const seed = number('seed', Math.floor(Math.random() * 2 ** 31));
  const minutes = number('minutes', options.inputs === undefined ? 1 : 1440);
  const count = number('inputs', Number.MAX_SAFE_INTEGER);
  const { TARGETS } = await import(settings.targets);
  const names = options.target ?? TARGETS.map(({ name }) => name);
  const lines = [];
  let findings = 0;
  for (const name of names) {
    console.log(`${name}: seed ${seed}${settings.sanitized ? ', sanitized' : ''}`);
    const until = Date.now() + minutes * 60_000;
    const total = await fuzzTarget({ target: name, seed, from: 0, count, until }, settings);
    for (const [cause, times] of total.causes) console.log(`  ${times} x ${cause.slice(0, 200)}`);
    lines.push(summary(name, seed, total));
    findings += countFindings(total);
  }
  console.log(lines.join('\n'));
  return findings;
}

if ((await (options.replay ? replay(options.replay) : fuzz())) > 0) process.exitCode = 1;
