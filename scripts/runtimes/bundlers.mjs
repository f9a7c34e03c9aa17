// Bundles by webpack and by Rollup, run in another folder. Those of esbuild are tested by test/package/bundlers.test.ts.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectEqual, expectMatch, run } from './outcome.mjs';
import { installed, load, project, tools } from './project.mjs';

const PROGRAM = `
  import { Encoder, kernels, NativeLoadError, Tensor } from 'synthetic-attention';
  import { embeddingsServer } from 'synthetic-attention/server';
  async function main() {
    const product = kernels.matmul(new Tensor(Float32Array.of(1, 2), [1, 2]), new Tensor(Float32Array.of(3, 4), [2, 1]));
    const encoder = await Encoder.load('synthesizer-mini');
    const rows = await encoder.encode(['a text', 'another']);
    console.log(product.data[0], rows.shape.join('x'), typeof embeddingsServer);
  }
  main().catch((error) => {
    console.log(error instanceof NativeLoadError, error.name, error.message);
    process.exitCode = 1;
  });
`;
const RIGHT = { status: 0, stdout: '11 2x384 function\n', stderr: '' };

const NAMES = ['synthetic-attention', 'synthetic-attention/server'];

/** Bundles the program into a folder. @returns what the bundler complains about */
async function byWebpack(path, filename, { esm, external }) {
  const webpack = load(await tools('webpack', 'webpack@5'), 'webpack');
  const stats = await new Promise((resolve, reject) => {
    webpack(
      {
        mode: 'production',
        target: 'node20',
        context: project,
        entry: './program.mjs',
        externals: external
          ? Object.fromEntries(NAMES.map((name) => [name, `${esm ? 'module' : 'commonjs'} ${name}`]))
          : {},
        experiments: { outputModule: esm },
        // Minified in one of the formats, since that takes most of the time.
        optimization: { minimize: esm },
        output: { path, filename, ...(esm && { module: true, chunkFormat: 'module' }) },
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    );
  });
  const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
  return [...errors, ...warnings].map(({ message }) => message);
}

async function byRollup(path, filename, { esm, external }) {
  const folder = await tools('rollup', 'rollup@4', '@rollup/plugin-node-resolve@16');
  const { rollup } = load(folder, 'rollup');
  const { nodeResolve } = load(folder, '@rollup/plugin-node-resolve');
  const messages = [];
  const bundle = await rollup({
    input: join(project, 'program.mjs'),
    external: [/^node:/, ...(external ? NAMES : [])],
    plugins: [nodeResolve({ preferBuiltins: true })],
    onwarn: ({ code, message }) => messages.push(`${code}: ${message}`),
  });
  await bundle.write({ dir: path, entryFileNames: filename, format: esm ? 'es' : 'cjs' });
  await bundle.close();
  // Modules that import one another are no mistake.
  return messages.filter((message) => !message.startsWith('CIRCULAR_DEPENDENCY'));
}

const bundled = (bundler, how) => async () => {
  writeFileSync(join(project, 'program.mjs'), PROGRAM);
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-bundle-'));
  const filename = how.esm ? 'program.mjs' : 'program.cjs';
  try {
    if (how.esm) writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    expectEqual('messages of the bundler', await bundler(folder, filename, how), []);
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8');
      if (text.includes(project)) throw new Error(`${name} holds the path ${project}`);
    }
    const program = (env) => run(process.execPath, [join(folder, filename)], { cwd: tmpdir(), env });
    if (how.external) await withPackage(folder, program);
    else await withFiles(folder, program);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** The package lies outside of the bundle. */
async function withPackage(folder, program) {
  mkdirSync(join(folder, 'node_modules'));
  cpSync(installed, join(folder, 'node_modules/synthetic-attention'), { recursive: true });
  expectEqual('the program', await program(), RIGHT);
}

/** The package is in the bundle, and its addon and model are copied beside it. */
async function withFiles(folder, program) {
  const { status, stdout } = await program();
  expectEqual('a program without an addon', status, 1);
  expectMatch(
    'a program without an addon',
    stdout,
    /^true NativeLoadError no native addon loads on [\s\S]*externals \(webpack\)/,
  );
  const [tag] = readdirSync(join(installed, 'prebuilds')).filter((name) => name.startsWith(process.platform));
  const addon = join(installed, 'prebuilds', tag, 'synthetic_attention.node');
  cpSync(join(installed, 'models'), join(folder, 'models'), { recursive: true });
  expectEqual('a program with a named addon', await program({ SYNTHETIC_ATTENTION_ADDON: addon }), RIGHT);
  copyFileSync(addon, join(folder, 'synthetic_attention.node'));
  expectEqual('a program with an addon beside it', await program(), RIGHT);
}

const BUNDLERS = { webpack: byWebpack, rollup: byRollup };

export const bundlerCases = Object.fromEntries(
  Object.entries(BUNDLERS).flatMap(([name, bundler]) =>
    [true, false].flatMap((esm) =>
      [true, false].map((external) => [
        `${name} ${esm ? 'ESM' : 'CommonJS'} ${external ? 'external' : 'bundled'}`,
        bundled(bundler, { esm, external }),
      ]),
    ),
  ),
);
