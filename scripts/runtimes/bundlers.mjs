// webpack's bundles, run in another folder. Those of esbuild are tested by test/unit/package/bundlers.test.ts.
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
    console.log(error instanceof NativeLoadError, error.message);
    process.exitCode = 1;
  });
`;
const RIGHT = { status: 0, stdout: '11 2x384 function\n', stderr: '' };

/** @returns the bundle, in a folder that has nothing else */
async function bundle({ esm, external }) {
  const folder = await tools('webpack', 'webpack@5');
  writeFileSync(join(project, 'program.mjs'), PROGRAM);
  const path = mkdtempSync(join(tmpdir(), 'synthetic-attention-webpack-'));
  const filename = esm ? 'program.mjs' : 'program.cjs';
  const names = ['synthetic-attention', 'synthetic-attention/server'];
  const webpack = load(folder, 'webpack');
  const stats = await new Promise((resolve, reject) => {
    webpack(
      {
        mode: 'production',
        target: 'node20',
        context: project,
        entry: './program.mjs',
        externals: external
          ? Object.fromEntries(names.map((name) => [name, `${esm ? 'module' : 'commonjs'} ${name}`]))
          : {},
        experiments: { outputModule: esm },
        // Minified in one of the formats, since that takes most of the time.
        optimization: { minimize: esm },
        output: { path, filename, ...(esm && { module: true, chunkFormat: 'module' }) },
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    );
  });
  expectEqual(
    'messages of webpack',
    stats.toJson({ errors: true, warnings: true }).errors.map(({ message }) => message),
    [],
  );
  expectEqual(
    'warnings of webpack',
    stats.toJson({ warnings: true }).warnings.map(({ message }) => message),
    [],
  );
  for (const name of readdirSync(path)) {
    const text = readFileSync(join(path, name), 'utf8');
    if (text.includes(project)) throw new Error(`${name} holds the path ${project}`);
  }
  return join(path, filename);
}

const webpack = (esm, external) => async () => {
  const file = await bundle({ esm, external });
  const folder = join(file, '..');
  try {
    const program = (env) => run(process.execPath, [file], { cwd: tmpdir(), env });
    if (external) {
      mkdirSync(join(folder, 'node_modules'));
      cpSync(installed, join(folder, 'node_modules/synthetic-attention'), { recursive: true });
      expectEqual('the program', await program(), RIGHT);
      return;
    }
    const { status, stdout } = await program();
    expectEqual('a program without an addon', status, 1);
    expectMatch(
      'a program without an addon',
      stdout,
      /^true no native addon loads on [\s\S]*externals \(webpack\)/,
    );
    const [tag] = readdirSync(join(installed, 'prebuilds'));
    const addon = join(installed, 'prebuilds', tag, 'synthetic_attention.node');
    cpSync(join(installed, 'models'), join(folder, 'models'), { recursive: true });
    expectEqual('a program with a named addon', await program({ SYNTHETIC_ATTENTION_ADDON: addon }), RIGHT);
    copyFileSync(addon, join(folder, 'synthetic_attention.node'));
    expectEqual('a program with an addon beside it', await program(), RIGHT);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export const bundlerCases = {
  'webpack ESM external': webpack(true, true),
  'webpack ESM bundled': webpack(true, false),
  'webpack CommonJS external': webpack(false, true),
  'webpack CommonJS bundled': webpack(false, false),
};
