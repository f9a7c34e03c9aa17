/** Two commands for one output at once: the second says so and touches nothing. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, type Finished, finish, run, start } from '../support/command.js';
import { goldenPath } from '../support/golden.js';
import { holdLock, kill } from '../support/lock_holder.js';
import { useTemporaryDirectory } from '../unit/formats/temporary_directory.js';

const file = useTemporaryDirectory();
const model = goldenPath('tiny_bert');
const onPosix = process.platform === 'win32' ? it.skip : it;

/**
 * Holds the main thread when its HOLD_AT-th large write is done, until the file HOLD_UNTIL is there. No clock decides
 * which moment that is, so a small input is enough. A plain output is written by fs.write, one that can be resumed by a
 * file handle.
 */
const HOLDING = `
  import fs from 'node:fs';
  import { promisify } from 'node:util';
  let left = Number(process.env.HOLD_AT);
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const wrote = (result, bytes) => {
    if (bytes.byteLength > 3000 && --left === 0) {
      fs.writeSync(2, 'HELD');
      while (!fs.existsSync(process.env.HOLD_UNTIL)) Atomics.wait(cell, 0, 0, 5);
    }
    return result;
  };
  const write = promisify(fs.write);
  fs.write[promisify.custom] = async (fd, bytes, ...rest) => wrote(await write(fd, bytes, ...rest), bytes);
  const handle = await fs.promises.open(process.argv[1]);
  const proto = Object.getPrototypeOf(handle);
  await handle.close();
  const handleWrite = proto.write;
  proto.write = async function (bytes, ...rest) {
    return wrote(await handleWrite.call(this, bytes, ...rest), bytes);
  };
`;

beforeAll(() => {
  ensureBuilt();
  const line = (i: number) => 'a cat sat on the mat and others '.repeat(1 + (i % 5));
  const lines = Array.from({ length: 400 }, (_, i) => line(i));
  writeFileSync(file('texts.txt'), lines.join('\n'));
  writeFileSync(file('few.txt'), lines.slice(0, 50).join('\n'));
  writeFileSync(file('holding.mjs'), HOLDING);
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

interface Held {
  child: ChildProcessWithoutNullStreams;
  end: Promise<Finished>;
  /** Lets it go on. */
  release(): void;
}

const started: ChildProcessWithoutNullStreams[] = [];
// A test that fails must leave no process behind.
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Starts a run that is held after so many large writes. */
async function held(command: string[], writes = 1): Promise<Held> {
  const until = file('release');
  rmSync(until, { force: true });
  const preload = `--import ${pathToFileURL(file('holding.mjs'))}`;
  const child = start(command, { NODE_OPTIONS: preload, HOLD_AT: String(writes), HOLD_UNTIL: until });
  started.push(child);
  const end = finish(child);
  await new Promise<void>((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (part) => {
      text += part;
      if (text.includes('HELD')) resolve();
    });
    end.then(({ stderr }) => reject(new Error(`the run has ended: ${stderr}`)));
  });
  return { child, end, release: () => writeFileSync(until, '') };
}

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
    const { child, end, release } = await held(args(output, ...first));
    const before = picture(place);
    // Rows are there, and more are to come.
    const [, size] = before.find(([name]) => /\.(partial|tmp)$/.test(String(name)))!;
    expect(size).toBeGreaterThan(3000);
    const { status, stdout, stderr } = await run(args(output, ...second));
    expect(picture(place)).toEqual(before);
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      `synthetic-attention: output ${output}: process ${child.pid} is writing it; ` +
        'wait until it ends or choose another output\n',
    ]);
    release();
    const alone = `${freshPlace('alone')}/out.npy`;
    const ends = await Promise.all([end, run(args(alone, ...first))]);
    expect(ends.map((e) => e.status)).toEqual([0, 0]);
    expect(statSync(output).size).toBeGreaterThan(Number(size));
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

  onPosix('in the midst of writing, or at any moment after it began, plain', async () => {
    const place = freshPlace('place');
    const command = args(`${place}/o.jsonl`, '--precision', 'int8');
    const temporaries = () => readdirSync(place).filter((name) => name.endsWith('.tmp'));
    for (const writes of [1, 3]) {
      const { child, end } = await held(command, writes);
      child.kill('SIGKILL');
      await end;
      expect(temporaries()).toHaveLength(1);
    }
    const killed = start(command);
    const killedEnd = finish(killed);
    await Promise.race([new Promise((resolve) => killed.stderr.once('data', resolve)), killedEnd]);
    await sleep(60 * Math.random());
    killed.kill('SIGKILL');
    await killedEnd;
    // A run that none killed has no temporary file of another beside its own.
    const { end, release } = await held(command, 2);
    expect(temporaries()).toHaveLength(1);
    release();
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
