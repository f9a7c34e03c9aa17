/** A named pipe as the input: waited for, read to its end, and let go on a signal. */
import { execFileSync } from 'node:child_process';
import { createWriteStream, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, finish, run, start } from '../support/command.js';
import { goldenPath } from '../support/golden.js';
import { useTemporaryDirectory } from '../unit/formats/temporary_directory.js';

const file = useTemporaryDirectory();
const text = Array.from({ length: 3000 }, (_, i) => `a cat sat on mat ${i} ${'and '.repeat(i % 20)}`).join(
  '\n',
);

const args = (input: string, output: string) => [
  ...['encode', '--model', goldenPath('tiny_bert'), '--input', input, '--output', output, '--quiet'],
];

(process.platform === 'win32' ? describe.skip : describe)('a named pipe', () => {
  beforeAll(async () => {
    ensureBuilt();
    execFileSync('mkfifo', [file('pipe'), file('pipe.gz')]);
    writeFileSync(file('in.txt'), text);
    expect((await run(args(file('in.txt'), file('whole.npy')))).status).toBe(0);
  }, 90_000);

  it.each<[string, string | Buffer]>([
    ['pipe', text],
    ['pipe.gz', gzipSync(text)],
  ])('whose writer comes late and pauses: %s', async (name, content) => {
    const end = finish(start(args(file(name), file('out.npy'))));
    await sleep(300);
    const writer = createWriteStream(file(name));
    writer.write(content.slice(0, 1000));
    await sleep(100);
    writer.end(content.slice(1000));
    expect(await end).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(file('out.npy')).equals(readFileSync(file('whole.npy')))).toBe(true);
  });

  it('that nobody writes to keeps no process from ending', async () => {
    const child = start(args(file('pipe'), file('never.npy')).slice(0, -1));
    const end = finish(child);
    await new Promise((resolve) => child.stderr.once('data', resolve));
    await sleep(300);
    child.kill('SIGTERM');
    // A process that hangs would end by this with another status.
    const last = setTimeout(() => child.kill('SIGKILL'), 20_000);
    expect((await end).status).toBe(143);
    clearTimeout(last);
    expect(readdirSync(file('')).filter((name) => name.includes('never'))).toEqual([]);
  });
});
