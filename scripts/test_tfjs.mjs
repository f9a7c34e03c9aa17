// tfjs-core's own tests, whole, over the backend 'synthetic': as it runs, and with every size given to native kernels.
//   npm run test:tfjs -- [--backend cpu] [--filter TEXT]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { inlinePlugin } from './build_ts/inline.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values: options } = parseArgs({
  options: { backend: { type: 'string', default: 'synthetic' }, filter: { type: 'string', default: '' } },
});
const RUNS = options.backend === 'synthetic' ? [{}, { SYNTHETIC_NATIVE_SIZE: 0 }] : [{}];

const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-tfjs-'));
try {
  const bundle = join(folder, 'tests.mjs');
  await build({
    stdin: {
      contents: "import './test/tfjs/suite/environment.mjs'; import '@tensorflow/tfjs-core/dist/tests.js';",
      resolveDir: root,
    },
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Their ES modules, whose imports have no extensions; the package says of the tests that they have no side effects.
    mainFields: ['module', 'main'],
    ignoreAnnotations: true,
    plugins: [inlinePlugin],
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
  const runner = join(root, 'test/tfjs/suite/run.mjs');
  for (const flags of RUNS) {
    const env = {
      SYNTHETIC_ATTENTION_ADDON: join(root, 'build/Release/synthetic_attention.node'),
      ...process.env,
      TFJS_SUITE_BACKEND: options.backend,
      TFJS_SUITE_FLAGS: JSON.stringify(flags),
    };
    console.log(`tfjs-core's tests on ${options.backend} ${JSON.stringify(flags)}`);
    const { status } = spawnSync(process.execPath, [runner, bundle, options.filter], {
      cwd: root,
      stdio: 'inherit',
      env,
    });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
