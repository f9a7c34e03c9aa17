/** Code that runs in a child process with the built package: a call that does not end cannot be stopped in this one. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { info } from '../../lib/diagnostics.js';

const root = new URL('../../', import.meta.url);
const built = (path: string) => JSON.stringify(new URL(`dist/${path}`, root).href);

/**
 * Lines that the code prints. It sees `lib` (the package and its kernels), `tjs`, `native`, `none`, `big` and `t`, and
 * prints by `say` the shape of what a call gives, or the code of its error.
 */
export function runBuilt(code: string): string[] {
  const prelude = `import * as all from ${built('index.js')};
    import * as tjs from ${built('transformers/index.js')};
    const lib = { ...all, ...all.kernels };
    import { createRequire } from 'node:module';
    const native = createRequire(import.meta.url)(${JSON.stringify(info().addonPath)});
    const none = new Float32Array(0);
    const t = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });
    const shapeOf = (x) => x?.shape ?? x?.dims ?? x;
    const say = async (name, call) => {
      try { const r = await call(); console.log(name, r === undefined ? 'done' : JSON.stringify([r].flat().map(shapeOf))); }
      catch (e) { console.log(name, e.code ?? e); }
    };
    const big = 2 ** 40;\n`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', prelude + code], {
    encoding: 'utf8',
    timeout: 60_000,
    cwd: fileURLToPath(root),
  });
  expect({ signal: result.signal, error: result.stderr }).toEqual({ signal: null, error: '' });
  return result.stdout.trim().split('\n');
}

/** `[code, what it prints]` for each name, with the lines that came out and those that should. */
export function sayAll(
  setup: string,
  table: Readonly<Record<string, readonly [string, string]>>,
): {
  lines: string[];
  expected: string[];
} {
  const calls = Object.entries(table).map(([name, [code]]) => `await say('${name}', () => ${code});`);
  return {
    lines: runBuilt(setup + calls.join('\n')),
    expected: Object.entries(table).map(([name, [, printed]]) => `${name} ${printed}`),
  };
}
