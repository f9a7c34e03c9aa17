/** The package by `import` and by `require`: the same names, the same values, one state. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, root } from '../support/command.js';

interface Entry {
  module: { types: string; default: string };
  import: { types: string; default: string };
  require: { types: string; default: string };
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  exports: Record<string, Entry | string>;
  dependencies?: object;
};
const entries = Object.entries(manifest.exports).filter(
  (entry): entry is [string, Entry] => typeof entry[1] === 'object',
);
const named = entries.map(([path]) => `synthetic-attention${path.slice(1)}`);

beforeAll(ensureBuilt, 180_000);

/** Runs a script within the package, which may import itself by its name, and parses what it prints. */
function evaluate(script: string, type: 'module' | 'commonjs' = 'module'): unknown {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', `--input-type=${type}`, '-e', script],
    { cwd: root, encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

const BOTH = `
  import { createRequire } from 'node:module';
  const require = createRequire(process.cwd() + '/script.js');`;

describe('every entry', () => {
  it.each(entries)('%s has all of its files', (_, entry) => {
    const files = [entry.import, entry.require, entry.module].flatMap((one) => [one.types, one.default]);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  it.each(named)('%s has the same names and values by import and by require', (name) => {
    const found = evaluate(`${BOTH}
      const imported = await import(${JSON.stringify(name)});
      const required = require(${JSON.stringify(name)});
      const names = Object.keys(required);
      console.log(JSON.stringify({
        imported: Object.keys(imported).sort(),
        required: names.sort(),
        others: names.filter((name) => imported[name] !== required[name]),
      }));`) as Record<'imported' | 'required' | 'others', string[]>;
    expect(found.required.length).toBeGreaterThan(1);
    expect(found.imported).toEqual(found.required);
    expect(found.others).toEqual([]);
  });

  it.each(entries)('%s has the same names for bundlers', (_, entry) => {
    // Apart, since TensorFlow.js says when a second copy registers itself.
    const [modules, required] = [entry.module, entry.import].map(({ default: file }) =>
      evaluate(`console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(file)})).sort()));`),
    ) as [string[], string[]];
    expect(required.length).toBeGreaterThan(1);
    expect(modules).toEqual(required);
  });
});

describe('state', () => {
  it('is one: classes, errors, registered layers, the default of the server', () => {
    const found = evaluate(`${BOTH}
      const esm = await import('synthetic-attention');
      const cjs = require('synthetic-attention');
      const attempt = (run) => { try { run(); } catch (error) { return error; } };
      class Custom extends esm.Attention { static className = 'Custom'; }
      esm.registerLayer(Custom);
      const server = await import('synthetic-attention/server');
      console.log(JSON.stringify({
        fromRequire: attempt(() => cjs.setThreads(0)) instanceof esm.ArgumentError,
        fromImport: attempt(() => esm.setThreads(0)) instanceof cjs.ArgumentError,
        layer: cjs.layerFromConfig({ className: 'Custom', config: {} }) instanceof Custom,
        server: server.default === server.embeddingsServer && server.default === require('synthetic-attention/server').default,
        transformers: require('synthetic-attention/transformers').Tensor === (await import('synthetic-attention/transformers')).Tensor,
      }));`);
    expect(found).toEqual({
      fromRequire: true,
      fromImport: true,
      layer: true,
      server: true,
      transformers: true,
    });
  });

  it('is shared by the entries and by what is loaded late', () => {
    // A failure deep in an entry of its own is of the class that the first entry exports.
    const found = evaluate(
      `const { ArgumentError } = require('synthetic-attention');
      const { pipeline } = require('synthetic-attention/transformers');
      pipeline('no such task').catch((error) => console.log(JSON.stringify([error instanceof ArgumentError, error.code])));`,
      'commonjs',
    );
    expect(found).toEqual([true, 'ERR_ARGUMENT']);
  });

  it('of required modules needs no addon before it is used', () => {
    expect(
      evaluate(
        `process.env.SYNTHETIC_ATTENTION_ADDON = '/nowhere';
        const { info, NativeLoadError } = require('synthetic-attention');
        try { info(); } catch (error) { console.log(JSON.stringify(error instanceof NativeLoadError)); }`,
        'commonjs',
      ),
    ).toBe(true);
  });
});

describe('a peer dependency that is missing', () => {
  it.each(['import', 'require'])('can be caught: %s', (by) => {
    const found = evaluate(`${BOTH}
      import Module from 'node:module';
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (name, ...rest) {
        if (name.startsWith('@tensorflow')) throw Object.assign(new Error(name), { code: 'MODULE_NOT_FOUND' });
        return resolve.call(this, name, ...rest);
      };
      const load = { import: (name) => import(name), require: async (name) => require(name) }[${JSON.stringify(by)}];
      const code = await load('synthetic-attention/tfjs').then(() => 'loaded', (error) => error.code);
      setTimeout(() => console.log(JSON.stringify(code)), 50);`);
    expect(found).toBe('MODULE_NOT_FOUND');
  });
});

describe('the files', () => {
  const files = (folder: string) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[]).map((file) => join(folder, file));
  const code = (folder: string, pattern: RegExp) =>
    files(folder)
      .filter((file) => /\.c?js$/.test(file))
      .filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));

  it('for bundlers hold nothing that bundlers evaluate, and no require', () => {
    expect(code('dist/module', /import\.meta|createRequire\(import|Dynamic require of/)).toEqual([]);
    expect(files('dist/module').length).toBeGreaterThan(4);
  });

  it('hold no path of the machine that built them, and no source maps', () => {
    expect(files('dist').filter((file) => file.endsWith('.map'))).toEqual([]);
    const path = new RegExp(root.replace(/\/$/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    expect(code('dist', path)).toEqual([]);
  });

  it('await nothing at the top of a module, which `require` could not load', () => {
    for (const [, entry] of entries) {
      const { status } = spawnSync(process.execPath, [
        '-e',
        `require(${JSON.stringify(join(root, entry.require.default))})`,
      ]);
      expect([entry.require.default, status]).toEqual([entry.require.default, 0]);
    }
    expect(code('dist', /^await /m)).toEqual([]);
  });

  it('need no packages but those that a program brings', () => {
    const packages = new Set<string>();
    for (const file of code('dist', /./)) {
      const text = readFileSync(join(root, file), 'utf8');
      for (const [, name] of text.matchAll(/^(?:var|import).*?(?:require\(|from )"([^."][^"]*)"/gm))
        packages.add(name!);
    }
    const outside = [...packages].filter((name) => !/^(node:)?[a-z_]+(\/[a-z]+)?$/.test(name));
    expect(outside.sort()).toEqual([
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
    ]);
    expect(manifest.dependencies).toBeUndefined();
  });

  it('come with the licences of the packages in them', () => {
    const text = readFileSync(join(root, 'THIRD_PARTY_LICENSES'), 'utf8');
    for (const name of [
      'ajv',
      'fastify',
      'hyparquet',
      'commander',
      'csv-parse',
      '@uwdata/flechette',
      'pino',
    ]) {
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    }
    expect(text.match(/Permission is hereby granted/g)!.length).toBeGreaterThan(20);
  });

  it('know their version', () => {
    expect(
      evaluate(`import { info } from 'synthetic-attention'; console.log(JSON.stringify(info().version));`),
    ).toBe(manifest.version);
  });
});
