/** The rules that prebuilt addons have to keep, on tiny addons that keep them and on copies that break one. */

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { root } from '../support/command.js';

interface Rules {
  format: string;
  architecture: string;
  needed: (string | RegExp)[];
  newestGlibc?: string;
  oldestSystem?: string;
}
interface Target {
  tag: string;
  zig: string;
  rules: Rules;
}

/** The scripts are plain JavaScript. */
const script = async <T>(name: string): Promise<T> =>
  (await import(pathToFileURL(join(root, 'scripts/prebuild', name)).href)) as T;
const { brokenRules } = await script<{
  brokenRules: (file: Buffer, rules: Rules, paths?: string[]) => string[];
}>('rules.mjs');
const { COMPILE_FLAGS, DEFINES, TAGS, targetOf } = await script<{
  COMPILE_FLAGS: string[];
  DEFINES: string[];
  TAGS: string[];
  targetOf: (tag: string) => Target;
}>('targets.mjs');
const { wrongSums, writeSums } = await script<{
  writeSums: (folder: string, names: string[]) => void;
  wrongSums: (folder: string, names: string[], known?: string[]) => string[];
}>('sums.mjs');
const { hostFunctions, hostPointers } = await script<{
  hostFunctions: (objects: string[]) => string[];
  hostPointers: (functions: string[]) => string;
}>('windows_host.mjs');

const TINY = ['linux-x64-glibc', 'darwin-arm64', 'win32-x64'] as const;
const tiny = (tag: string) =>
  gunzipSync(readFileSync(join(root, 'test/golden/tiny_addons', `${tag}.node.gz`)));

/** The file with one string in place of another one of the same length, everywhere. */
function renamed(file: Buffer, from: string, to: string): Buffer {
  expect(to).toHaveLength(from.length);
  expect(file.includes(from)).toBe(true);
  return Buffer.from(file.toString('latin1').replaceAll(from, to), 'latin1');
}

function changed(file: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(file);
  change(copy);
  return copy;
}

describe('the table of targets', () => {
  it('has the eight platforms, and names them when it is asked for another', () => {
    expect(TAGS).toEqual([
      'linux-x64-glibc',
      'linux-x64-musl',
      'linux-arm64-glibc',
      'linux-arm64-musl',
      'darwin-x64',
      'darwin-arm64',
      'win32-x64',
      'win32-arm64',
    ]);
    expect(() => targetOf('linux-arm')).toThrow(
      /expected a target of linux-x64-glibc, .* received "linux-arm"/,
    );
  });

  it('compiles with the flags and definitions of the builds from source', () => {
    const text = readFileSync(join(root, 'binding.gyp'), 'utf8').replace(/^#.*$/gm, '');
    const [target] = (JSON.parse(text) as { targets: { cflags_cc: string[]; defines: string[] }[] }).targets;
    expect([...COMPILE_FLAGS].sort()).toEqual([...target!.cflags_cc].sort());
    expect(DEFINES).toEqual(target!.defines);
  });
});

describe.each(TINY)('the rules on an addon for %s', (tag) => {
  const { rules } = targetOf(tag);
  const file = tiny(tag);
  const broken = (copy: Buffer, other: Partial<Rules> = {}) => brokenRules(copy, { ...rules, ...other });

  it('are kept by one that is right', () => {
    expect(broken(file)).toEqual([]);
  });

  it('name another architecture', () => {
    const architecture = rules.architecture === 'x64' ? 'arm64' : 'x64';
    expect(broken(file, { architecture })).toEqual([
      `architecture: expected ${architecture} but received ${rules.architecture}`,
    ]);
  });

  it('name another format, a file that ends too early and one that is nothing of the kind', () => {
    const other = TINY[(TINY.indexOf(tag) + 1) % TINY.length]!;
    expect(broken(tiny(other))).toEqual([
      `format: expected ${rules.format} but received ${targetOf(other).rules.format}`,
    ]);
    expect(broken(file.subarray(0, 400))[0]).toMatch(/^format: expected .* but received one that cannot: /);
    expect(broken(Buffer.alloc(1000))).toEqual([
      `format: expected ${rules.format} but received something else`,
    ]);
  });

  it('name a library that is not expected', () => {
    expect(broken(file, { needed: [] })[0]).toMatch(/^needed libraries: expected only .* but received \S/);
  });

  it('name exports when one is missing', () => {
    const other = renamed(file, 'ode_api_module_get_api_version_v1', 'ode_api_module_get_api_version_v2');
    expect(broken(other)[0]).toBe(
      'exports: expected napi_register_module_v1, node_api_module_get_api_version_v1 but received ' +
        'napi_register_module_v1, node_api_module_get_api_version_v2',
    );
  });

  it('name a path of the build', () => {
    const path = '/a/build/of/somebody';
    const other = Buffer.concat([file, Buffer.from(path)]);
    expect(brokenRules(other, rules, [path])).toContain(
      `paths: expected none of the build but received ${path}`,
    );
    expect(brokenRules(file, rules, [path])).toEqual([]);
  });
});

describe('the rules of Linux', () => {
  const file = tiny('linux-x64-glibc');
  const { rules } = targetOf('linux-x64-glibc');
  const segments = Number(file.readBigUInt64LE(32));
  const segment = (type: number) =>
    Array.from({ length: file.readUInt16LE(56) }, (_, i) => segments + i * 56).find(
      (at) => file.readUInt32LE(at) === type,
    )!;

  it('compare versions of GLIBC by their numbers', () => {
    expect(brokenRules(file, { ...rules, newestGlibc: '2.2.4' })[0]).toMatch(
      /^newest GLIBC: expected 2\.2\.4 at most but received 2\.\d+ \(\w/,
    );
    expect(brokenRules(file, { ...rules, newestGlibc: '2.10' })).toEqual([]);
  });

  it('want relro, a stack without code and its protector', () => {
    const relro = changed(file, (copy) => copy.writeUInt32LE(0x6fffffff, segment(0x6474e552)));
    expect(brokenRules(relro, rules)).toEqual([
      'relro: expected tables filled and made read-only at load but received writable ones',
    ]);
    const stack = changed(file, (copy) => copy.writeUInt32LE(7, segment(0x6474e551) + 4));
    expect(brokenRules(stack, rules)).toEqual([
      'stack: expected without code but received one that may hold code',
    ]);
    expect(brokenRules(renamed(file, '__stack_chk_fail', '__stack_chk_fall'), rules)).toEqual([
      'stack protector: expected __stack_chk_fail among the imports but received none',
    ]);
  });

  it('want imports from Node-API or with a version alone', () => {
    expect(brokenRules(renamed(file, 'napi_create_double', 'nope_create_double'), rules)).toEqual([
      'imports: expected Node-API and versioned symbols alone but received nope_create_double',
    ]);
  });
});

describe('the rules of macOS', () => {
  const file = tiny('darwin-arm64');
  const { rules } = targetOf('darwin-arm64');

  it.each([0, 1, 2])('want the hash of page %i to be right', (page) => {
    // Behind the header, in code and in the tables that the linker wrote.
    const at = page * 16384 + 16000;
    const other = changed(file, (copy) => {
      copy[at] = copy[at]! ^ 1;
    });
    expect(brokenRules(other, rules).join()).toMatch(
      /^signature: expected hashes of every page but received the hash of page \d+ of \d+ is wrong$/,
    );
  });

  it('want a signature, the install name and the oldest system', () => {
    const name = renamed(file, '@rpath/synthetic_attention', '/build/synthetic_attention');
    expect(brokenRules(name, rules)[0]).toBe(
      'install name: expected @rpath/synthetic_attention.node but received /build/synthetic_attention.node',
    );
    expect(brokenRules(file, { ...rules, oldestSystem: '10.15' })).toEqual([
      'oldest macOS: expected 10.15 but received 11.0',
    ]);
    // LC_CODE_SIGNATURE becomes a command that nobody knows.
    const at = file.indexOf(Buffer.from([0x1d, 0, 0, 0, 0x10, 0, 0, 0]));
    const unsigned = changed(file, (copy) => copy.writeUInt32LE(0x7d, at));
    expect(brokenRules(unsigned, rules)).toEqual(['signature: expected one made ad hoc but received none']);
  });
});

describe('the rules of Windows', () => {
  const file = tiny('win32-x64');
  const { rules } = targetOf('win32-x64');

  it('refuse an import of node.exe, and addresses that are fixed', () => {
    const name = /KERNEL32\.dll/i.exec(file.toString('latin1'))![0];
    expect(brokenRules(renamed(file, name, 'node.exe\0\0\0\0'), rules)[0]).toMatch(
      /^needed libraries: expected only .* but received node\.exe$/,
    );
    const flags = file.readUInt32LE(60) + 24 + 70;
    const fixed = changed(file, (copy) => copy.writeUInt16LE(copy.readUInt16LE(flags) & ~0x160, flags));
    expect(brokenRules(fixed, rules)).toEqual([
      'address space: expected any address, of 64 bits but received a fixed one',
      'stack: expected without code but received one that may hold code',
    ]);
  });

  it('need no import, since the pointers to Node-API are found when the addon is loaded', () => {
    const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
    try {
      const object = join(folder, 'a.o');
      const names = [
        '__imp_napi_create_double',
        'napi_x',
        '__imp_Sleep',
        '__imp_node_api_get_module_file_name',
      ];
      writeFileSync(object, coffObject(names));
      expect(hostFunctions([object])).toEqual(['napi_create_double', 'node_api_get_module_file_name']);
      expect(hostPointers(['napi_a'])).toMatch(
        /^HostFunction __imp_napi_a;$[\s\S]*^ {4}\{"napi_a", &__imp_napi_a\},$/m,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** A COFF object without sections that uses these symbols. */
function coffObject(names: readonly string[]): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt32LE(20, 8);
  header.writeUInt32LE(names.length, 12);
  let strings = Buffer.alloc(4);
  const symbols = names.map((name) => {
    const symbol = Buffer.alloc(18);
    if (name.length <= 8) symbol.write(name, 'latin1');
    else {
      symbol.writeUInt32LE(strings.length, 4);
      strings = Buffer.concat([strings, Buffer.from(`${name}\0`)]);
    }
    symbol[16] = 2;
    return symbol;
  });
  strings.writeUInt32LE(strings.length, 0);
  return Buffer.concat([header, ...symbols, strings]);
}

describe('SHA256SUMS', () => {
  it('has the sum of each file, and finds what is changed, absent or foreign', () => {
    const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
    try {
      const names = ['a/x.node', 'b/x.node'];
      for (const name of names) {
        mkdirSync(join(folder, name, '..'));
        writeFileSync(join(folder, name), name);
      }
      writeSums(folder, names);
      const sum = createHash('sha256').update('a/x.node').digest('hex');
      expect(readFileSync(join(folder, 'SHA256SUMS'), 'utf8').split('\n')[0]).toBe(`${sum}  a/x.node`);
      expect(wrongSums(folder, names)).toEqual([]);
      expect(wrongSums(folder, ['a/x.node'], names)).toEqual([]);
      expect(wrongSums(folder, ['a/x.node'])).toEqual([
        "b/x.node: expected a target's addon in SHA256SUMS but received this line",
      ]);
      expect(wrongSums(folder, [...names, 'c/x.node'])).toEqual([
        'c/x.node: expected a file but received none',
      ]);
      writeFileSync(join(folder, 'a/x.node'), 'other');
      expect(wrongSums(folder, names)).toEqual([
        expect.stringMatching(/^a\/x\.node: expected the sum \w{64} but received \w{64}$/),
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
