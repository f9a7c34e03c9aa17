/** The error about an addon that does not load, for each way in which a file can be wrong. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { info } from '../../lib/diagnostics.js';
import { NativeLoadError } from '../../lib/index.js';
import { readAddonFile } from '../../lib/native/addon_file.js';
import { loadFailure } from '../../lib/native/load_failure.js';
import { platformTag } from '../../lib/native/platform.js';
import { ensureBuilt, run } from '../support/command.js';

let folder: string;
beforeAll(ensureBuilt);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: Buffer | string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** The beginning of a 64-bit little-endian ELF library. */
function elf(machine: number, linked: string): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(machine, 18);
  return Buffer.concat([header, Buffer.from(`\0${linked}\0`)]);
}

function mach(cpu: number): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(0xfeedfacf, 0);
  header.writeUInt32LE(cpu, 4);
  return header;
}

function pe(machine: number): Buffer {
  const header = Buffer.alloc(256);
  header.write('MZ', 'latin1');
  header.writeUInt32LE(0x80, 0x3c);
  header.write('PE\0\0', 0x80, 'latin1');
  header.writeUInt16LE(machine, 0x84);
  return header;
}

describe('the header of an addon', () => {
  it.each([
    ['linux-x64-glibc', elf(62, 'libc.so.6'), { system: 'linux', arch: 'x64', libc: 'glibc' }],
    ['linux-arm64-musl by zig', elf(183, 'libc.so'), { system: 'linux', arch: 'arm64', libc: 'musl' }],
    [
      'linux-x64-musl by Alpine',
      elf(62, 'libc.musl-x86_64.so.1'),
      { system: 'linux', arch: 'x64', libc: 'musl' },
    ],
    ['darwin-arm64', mach(0x0100000c), { system: 'darwin', arch: 'arm64' }],
    ['darwin-x64', mach(0x01000007), { system: 'darwin', arch: 'x64' }],
    ['win32-x64', pe(0x8664), { system: 'win32', arch: 'x64' }],
    ['win32-arm64', pe(0xaa64), { system: 'win32', arch: 'arm64' }],
    ['text', Buffer.from('a text of more than a header'), undefined],
    ['nothing', Buffer.alloc(0), undefined],
  ])('of %s is read', (_, bytes, expected) => {
    expect(readAddonFile(file('addon.node', bytes))).toEqual(expected);
  });

  it('of this build says what this process is', () => {
    const { system, arch, libc } = readAddonFile(info().addonPath)!;
    expect([system, arch, libc].filter(Boolean).join('-')).toBe(platformTag());
    expect(info().platform).toBe(platformTag());
  });
});

describe('the error', () => {
  const [system, arch, libc] = platformTag().split('-') as [string, string, string | undefined];
  const otherMachine = arch === 'x64' ? 183 : 62;
  const machine = arch === 'x64' ? 62 : 183;

  it('names each file and its reason, and what to do', () => {
    const missing = join(folder, 'nowhere.node');
    const wrongArch = file('arch.node', elf(otherMachine, 'libc.so.6'));
    const wrongSystem = file('system.node', system === 'darwin' ? pe(0x8664) : mach(0x01000007));
    const cause = new Error('the first cause\nand more');
    const attempts = [missing, wrongArch, wrongSystem].map((path) => ({ path, error: cause }));
    const error = loadFailure(attempts, 'package');
    expect(error).toBeInstanceOf(NativeLoadError);
    expect(error).toMatchObject({ code: 'ERR_NATIVE_LOAD', platform: platformTag(), cause });
    expect(error.tried.map(({ path }) => path)).toEqual([missing, wrongArch, wrongSystem]);
    expect(error.tried.map(({ reason }) => reason)).toEqual(['missing', 'architecture', 'system']);
    expect(error.message).toContain(
      `no native addon loads on ${platformTag()} (Node ${process.versions.node})`,
    );
    expect(error.message).toContain(`${missing}: there is no such file`);
    expect(error.message).toMatch(/arch\.node: it is built for linux-\w+-glibc, and this process is /);
    expect(error.message).toContain('npx synthetic-attention build');
    expect(error.message).toContain('SYNTHETIC_ATTENTION_ADDON');
  });

  const onLinux = libc === undefined ? it.skip : it;
  onLinux('knows an addon for the other C library', () => {
    const path = file('libc.node', elf(machine, libc === 'glibc' ? 'libc.so' : 'libc.so.6'));
    const { tried } = loadFailure([{ path, error: new Error('invalid ELF header') }], 'package');
    expect(tried[0]!.reason).toBe('libc');
  });

  it('has the words of the system where the file is for this platform', () => {
    const path = file('cut.node', readFileSync(info().addonPath).subarray(0, 5000));
    const { tried } = loadFailure([{ path, error: new Error('file too short\nmore') }], 'package');
    expect(tried).toEqual([{ path, reason: 'unloadable', message: 'file too short' }]);
  });

  it('of a bundle says what to mark as external', () => {
    const { message } = loadFailure([{ path: join(folder, 'x.node'), error: undefined }], 'bundle');
    expect(message).toContain('mark synthetic-attention as external');
    expect(message).not.toContain('install the package again');
  });
});

describe('SYNTHETIC_ATTENTION_ADDON', () => {
  const load = (path: string) => run(['info'], '', { SYNTHETIC_ATTENTION_ADDON: path });

  it.each([
    ['no file', undefined, 'there is no such file'],
    ['a file that is no addon', 'not an addon', 'nowhere'],
  ])('that names %s is told by name, without a stack', async (_, content, words) => {
    const path = join(folder, 'nowhere.node');
    if (content !== undefined) writeFileSync(path, content);
    const { status, stderr } = await load(path);
    expect(status).toBe(1);
    expect(stderr).toContain(`${path}: `);
    expect(stderr).toContain(words);
    expect(stderr).toContain('  - set SYNTHETIC_ATTENTION_ADDON to an addon for ');
    expect(stderr).not.toContain('install the package again');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('that names another module is refused', async () => {
    const { status, stderr } = await load(file('other.cjs', 'module.exports = { version: 1 };'));
    expect(status).toBe(1);
    expect(stderr).toContain('other.cjs: it is a module, but not the addon of synthetic-attention');
  });

  it('that names an addon is used', async () => {
    const path = file('own.node', readFileSync(info().addonPath));
    const { status, stdout } = await load(path);
    expect(status).toBe(0);
    expect(stdout).toContain(path);
  });
});
