/** A disk that fails in mid-run: one sentence, no temporary files, and the old output as it was. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, run } from '../support/command.js';
import { goldenPath } from '../support/golden.js';
import { useTemporaryDirectory } from '../unit/formats/temporary_directory.js';

const file = useTemporaryDirectory();
const model = goldenPath('tiny_bert');

/**
 * Makes the calls that FAULT names fail from the first one on that concerns more than 3,000 bytes, or any if it moves
 * none; what is written to stderr and to the journal and lock stays possible.
 */
const FAULTS = `
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  import { getSystemErrorMap } from 'node:util';
  const [call, code] = process.env.FAULT.split(' ');
  const [errno] = [...getSystemErrorMap()].find(([, [name]]) => name === code);
  const fault = () => Object.assign(new Error(code), { code, errno, syscall: call });
  const large = (bytes) => bytes.byteLength > 3000;
  const { write, fsync, rename } = fs;
  const withPromisify = (own, old) => Object.defineProperty(own, Symbol.for('nodejs.util.promisify.custom'), {
    value: (...args) => new Promise((resolve, reject) => own(...args, (error, bytesWritten) =>
      error ? reject(error) : resolve({ bytesWritten }))),
  });
  if (call === 'write') {
    fs.write = withPromisify((fd, bytes, ...rest) =>
      large(bytes) ? rest.at(-1)(fault()) : write(fd, bytes, ...rest));
  }
  if (call === 'fsync') fs.fsync = (fd, done) => done(fault());
  if (call === 'rename') fs.rename = (from, to, done) => done(fault());
  const handle = await fs.promises.open(process.argv[1]);
  const proto = Object.getPrototypeOf(handle);
  await handle.close();
  const handleWrite = proto.write;
  if (call === 'write') proto.write = function (bytes, ...rest) {
    return large(bytes) ? Promise.reject(fault()) : handleWrite.call(this, bytes, ...rest);
  };
  if (call === 'fsync') proto.sync = () => Promise.reject(fault());
  if (call === 'rename') fs.promises.rename = () => Promise.reject(fault());
  syncBuiltinESMExports();
`;

beforeAll(() => {
  ensureBuilt();
  writeFileSync(file('faults.mjs'), FAULTS);
  writeFileSync(file('texts.txt'), 'a cat sat on the mat\nthe dog and others\n'.repeat(1000));
}, 90_000);

function freshPlace(name: string): string {
  rmSync(file(name), { recursive: true, force: true });
  mkdirSync(file(name));
  return file(name);
}

const failing = (args: string[], fault: string) =>
  run(args, '', { FAULT: fault, NODE_OPTIONS: `--import ${pathToFileURL(file('faults.mjs'))}` });

const REASONS: Record<string, string> = {
  'write ENOSPC': 'ENOSPC (no space left on device)',
  'write EIO': 'EIO (i/o error)',
  'fsync EIO': 'EIO (i/o error)',
  'rename EACCES': 'EACCES (permission denied)',
};

const encode = (output: string, ...more: string[]) => [
  ...['encode', '--model', model, '--input', file('texts.txt'), '--output', output, '--quiet', ...more],
];

describe.each(Object.keys(REASONS))('%s', (fault) => {
  it.each<[string, string[]]>([
    ['o.npy', []],
    ['o.jsonl', []],
    ['o.npy', ['--precision', 'int8']],
  ])('%s %j', async (name, more) => {
    const place = freshPlace('place');
    writeFileSync(`${place}/${name}`, 'old');
    writeFileSync(`${place}/${name}.ranges.npy`, 'old ranges');
    const { status, stderr } = await failing(encode(`${place}/${name}`, ...more), fault);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^synthetic-attention: output [^\n]* but received [^\n]*\n$/);
    expect(stderr).toContain(REASONS[fault]);
    expect(readdirSync(place).sort()).toEqual([name, `${name}.ranges.npy`]);
    expect(readFileSync(`${place}/${name}`, 'utf8')).toBe('old');
    expect(readFileSync(`${place}/${name}.ranges.npy`, 'utf8')).toBe('old ranges');
  });

  it('--resume, which goes on when the disk is well again', async () => {
    const place = freshPlace('place');
    writeFileSync(`${place}/o.npy`, 'old');
    const args = encode(`${place}/o.npy`, '--resume', '--checkpoint', '0');
    const { status, stderr } = await failing(args, fault);
    expect([status, stderr.split('\n').length]).toEqual([1, 2]);
    expect(stderr).toContain(REASONS[fault]);
    expect(readFileSync(`${place}/o.npy`, 'utf8')).toBe('old');
    const left = readdirSync(place).filter(
      (name) => !['o.npy', 'o.npy.journal', 'o.npy.partial'].includes(name),
    );
    expect(left).toEqual([]);
    expect((await run(args)).status).toBe(0);
    const whole = `${freshPlace('whole')}/o.npy`;
    expect((await run(encode(whole))).status).toBe(0);
    expect(readFileSync(`${place}/o.npy`).equals(readFileSync(whole))).toBe(true);
  });

  it('convert', async () => {
    const place = freshPlace('place');
    const { status, stderr } = await failing(['convert', '--model', model, '--output', `${place}/m`], fault);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^synthetic-attention: output [^\n]* but received [^\n]*\n$/);
    expect(stderr).toContain(REASONS[fault]);
    expect(stderr).not.toContain('.partial');
    expect(readdirSync(place)).toEqual([]);
  });
});
