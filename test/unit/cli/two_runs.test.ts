/** Two commands for one output at once: the second says so and touches nothing. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { goldenPath } from '../../support/golden.js';
import { holdLock, kill } from '../../support/lock_holder.js';
import { useTemporaryDirectory } from '../formats/temporary_directory.js';
import { ensureBuilt, type Finished, finish, run, start } from './command.js';

const file = useTemporaryDirectory();
const model = goldenPath('tiny_bert');
const onPosix = process.platform === 'win32' ? it.skip : it;

beforeAll(() => {
  ensureBuilt();
  const line = (i: number) => 'a cat sat on the mat and others '.repeat(1 + (i % 5));
  const lines = Array.from({ length: 5000 }, (_, i) => line(i));
  writeFileSync(file('texts.txt'), lines.join('\n'));
  writeFileSync(file('few.txt'), lines.slice(0, 50).join('\n'));
}, 90_000);

function freshPlace(name: string): string {
  rmSync(file(name), { recursive: true, force: true });
  mkdirSync(file(name));
  return file(name);
}

const args = (output: string, ...more: string[]) => [
  ...['encode', '--model', model, '--input', file('texts.txt'), '--output', output, '--threads', '1'],
  ...more,
];

const fewArgs = (output: string, ...more: string[]) => [
  ...['encode', '--model', model, '--input', file('few.txt'), '--output', output, ...more],
];

/** Names, sizes, inodes and times of what is in a directory. */
function picture(place: string) {
  return readdirSync(place).map((name) => {
    const { size, ino, mtimeMs } = statSync(`${place}/${name}`);
    return [name, size, ino, mtimeMs];
  });
}

/** Starts a run and stops it, as by Ctrl-Z, once `isThere`. */
async function stopped(
  command: string[],
  isThere: () => boolean,
): Promise<{ child: ChildProcessWithoutNullStreams; end: Promise<Finished> }> {
  const child = start(command);
  const end = finish(child);
  while (!isThere()) await sleep(2);
  child.kill('SIGSTOP');
  // Whatever the kernel has still to deliver.
  await sleep(50);
  return { child, end };
}

const bytes = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

describe('a second run', () => {
  onPosix.each<[string, string[], string[]]>([
    ['--resume beside --resume', ['--resume'], ['--resume']],
    ['--resume beside a plain one', [], ['--resume']],
    ['a plain one beside --resume', ['--resume'], []],
    ['two plain ones', [], []],
    ['a shard beside another one', ['--shard', '1/2'], ['--shard', '2/2']],
  ])('%s', async (_, first, second) => {
    const place = freshPlace('place');
    const output = `${place}/out.npy`;
    const growing = () => readdirSync(place).find((name) => /\.(partial|tmp)$/.test(name)) ?? 'none';
    const { child, end } = await stopped(
      args(output, ...first),
      () => bytes(`${place}/${growing()}`) > 10_000,
    );
    const before = picture(place);
    const { status, stdout, stderr } = await run(args(output, ...second));
    expect(picture(place)).toEqual(before);
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      `synthetic-attention: output ${output}: process ${child.pid} is writing it; ` +
        'wait until it ends or choose another output\n',
    ]);
    child.kill('SIGCONT');
    expect((await end).status).toBe(0);
    const alone = `${freshPlace('alone')}/out.npy`;
    expect((await run(args(alone, ...first))).status).toBe(0);
    expect(readFileSync(output).equals(readFileSync(alone))).toBe(true);
    expect(readdirSync(place).sort()).toEqual(readdirSync(file('alone')).sort());
  });

  it.each<[string, string, string[]]>([
    ['search', 'found.txt', ['--model', model, '--input', 'INPUT', '--query', 'a cat', '--quiet']],
    ['inspect', 'page.html', ['--model', model, '--text', 'a cat']],
    ['convert', 'model', ['--model', model]],
  ])('of %s', async (command, name, options) => {
    const place = freshPlace('place');
    const words = [command, ...options.map((o) => (o === 'INPUT' ? file('few.txt') : o))];
    const holder = await holdLock(`${place}/.${name}.lock`, 'PID here\n');
    const before = picture(place);
    const { status, stderr } = await run([...words, '--output', `${place}/${name}`]);
    expect(picture(place)).toEqual(before);
    expect([status, stderr]).toEqual([
      1,
      `synthetic-attention: output ${place}/${name}: process ${holder.pid} on here is writing it; ` +
        'wait until it ends or choose another output\n',
    ]);
    await kill(holder);
    expect((await run([...words, '--output', `${place}/${name}`])).status).toBe(0);
    expect(readdirSync(place)).toEqual([name]);
  });
});

describe('what killed runs leave', () => {
  it('is removed by the next run, whichever kind that is', async () => {
    const place = freshPlace('place');
    const left = ['o.npy', 'o.npy.journal', 'o.npy.ranges.npy'].map(
      (name) => `.${name}.123-0123456789ab.tmp`,
    );
    for (const more of [[], ['--resume']]) {
      for (const name of [...left, '.o.npy.lock']) writeFileSync(`${place}/${name}`, '123 here\n');
      expect((await run(fewArgs(`${place}/o.npy`, ...more))).status).toBe(0);
      expect(readdirSync(place).filter((name) => name.startsWith('.'))).toEqual([]);
    }
  });

  onPosix('at random moments, plain', async () => {
    const place = freshPlace('place');
    for (let kills = 0; kills < 3; kills++) {
      const child = start(args(`${place}/o.jsonl`, '--precision', 'int8'));
      const end = finish(child);
      await Promise.race([new Promise((resolve) => child.stderr.once('data', resolve)), end]);
      await sleep(60 * Math.random());
      child.kill('SIGKILL');
      await end;
    }
    // A run that none killed has no temporary file of another beside its own.
    const child = start(args(`${place}/o.jsonl`, '--precision', 'int8'));
    const end = finish(child);
    await new Promise((resolve) => child.stderr.once('data', resolve));
    await sleep(50);
    expect(readdirSync(place).filter((name) => name.endsWith('.tmp')).length).toBeLessThanOrEqual(1);
    expect((await end).status).toBe(0);
    expect(readdirSync(place).sort()).toEqual(['o.jsonl', 'o.jsonl.ranges.npy']);
  });

  it('folders of convert', async () => {
    const place = freshPlace('place');
    mkdirSync(`${place}/.model.123-0123456789ab.partial`);
    writeFileSync(`${place}/.model.123-0123456789ab.partial/config.json`, '{}');
    mkdirSync(`${place}/.model2.123-0123456789ab.partial`);
    expect((await run(['convert', '--model', model, '--output', `${place}/model`])).status).toBe(0);
    expect(readdirSync(place).sort()).toEqual(['.model2.123-0123456789ab.partial', 'model']);
  });
});
