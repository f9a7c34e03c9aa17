/** `encode --resume`: whatever ends a run, the same command gives the bytes of one that nothing ended. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type EncodeCommandOptions, runEncode } from '../../lib/cli/encode.js';
import { sealed } from '../../lib/cli/journal.js';
import { FileError, FormatError } from '../../lib/errors.js';
import { ensureBuilt, finish, start } from '../support/command.js';
import { goldenPath } from '../support/golden.js';
import { messageOf, ONE_SENTENCE } from '../unit/formats/errors_of.js';
import { useTemporaryDirectory } from '../unit/formats/temporary_directory.js';
import { WatchedEncoder } from './watched_encoder.js';

const file = useTemporaryDirectory();
const texts = Array.from({ length: 3000 }, (_, i) => `text ${i}`);

beforeAll(() => {
  mkdirSync(file('model'));
  writeFileSync(file('model/config.json'), '{}');
  writeFileSync(file('a.csv'), ['key,text', ...texts.map((text, i) => `k${i},${text}`)].join('\n'));
});

async function encode(
  place: string,
  options: Partial<EncodeCommandOptions>,
  encoder = new WatchedEncoder(),
): Promise<{ said: string; encoded: number }> {
  let said = '';
  const stderr = { write: (text: string) => (said += text), isTTY: false } as unknown as NodeJS.WriteStream;
  await runEncode(
    {
      model: file('model'),
      input: file('a.csv'),
      resume: true,
      checkpoint: 0,
      ...options,
      output: `${place}/${options.output}`,
    },
    { findModel: async (name) => name, loadEncoder: async () => encoder, stderr, blockRows: 256 },
  );
  return { said, encoded: encoder.encoded };
}

function freshPlace(name: string): string {
  rmSync(file(name), { recursive: true, force: true });
  mkdirSync(file(name));
  return file(name);
}

describe('every moment at which a run may be killed', () => {
  it.each<[string, Partial<EncodeCommandOptions>]>([
    ['out.npy', {}],
    ['out.f32', { shard: { index: 2, count: 2 } }],
    ['out.jsonl', { id: 'key', truncateDim: 8 }],
    ['out.parquet', { id: 'key' }],
    ['out.parquet', { id: 'line', precision: 'int8' }],
    ['out.arrow', { id: 'key' }],
    ['out.arrows', {}],
  ])('%s %o', async (output, more) => {
    const options = { output, ...more };
    const whole = freshPlace('whole');
    await encode(whole, { ...options, resume: false, checkpoint: undefined } as never);
    const expected = readFileSync(`${whole}/${output}`);

    // What a process that is killed here leaves behind.
    const place = freshPlace('place');
    const images: string[] = [];
    const watched = new WatchedEncoder((batches) => {
      if (batches % 7 !== 1) return;
      const image = freshPlace(`image${images.length}`);
      cpSync(place, image, { recursive: true });
      images.push(image);
    });
    await encode(place, options, watched);
    expect(readFileSync(`${place}/${output}`).equals(expected)).toBe(true);
    expect(images.length).toBeGreaterThan(2);

    for (const [i, image] of images.entries()) {
      const partial = `${image}/${output}.partial`;
      const journal = JSON.parse(readFileSync(`${image}/${output}.journal`, 'utf8'));
      // Bytes behind the checkpoint may be there, in part or wrong.
      if (i % 2 === 0) appendFileSync(partial, 'torn bytes of a write that did not end');
      else truncateSync(partial, journal.bytes);
      const { encoded } = await encode(image, options);
      expect(readFileSync(`${image}/${output}`).equals(expected)).toBe(true);
      expect(encoded).toBe(watched.encoded - journal.rows);
      expect(readdirSync(image).sort()).toEqual(readdirSync(place).sort());
    }
  });

  it('before there is a partial file', async () => {
    const place = freshPlace('place');
    await encode(place, { output: 'o.npy' });
    const expected = readFileSync(`${place}/o.npy`);
    const journal = JSON.parse(readFileSync(`${place}/o.npy.journal`, 'utf8'));
    rmSync(`${place}/o.npy`);
    const { checksum: _, ...content } = journal;
    const first = { ...content, rows: 0, tokens: 0, bytes: 0, state: null, complete: null };
    writeFileSync(`${place}/o.npy.journal`, sealed(first));
    await encode(place, { output: 'o.npy' });
    expect(readFileSync(`${place}/o.npy`).equals(expected)).toBe(true);
  });

  it('before the whole file has its name, and after: nothing is computed again', async () => {
    const place = freshPlace('place');
    await encode(place, { output: 'o.npy' });
    const expected = readFileSync(`${place}/o.npy`);
    renameSync(`${place}/o.npy`, `${place}/o.npy.partial`);
    for (let times = 0; times < 2; times++) {
      const { said, encoded } = await encode(place, { output: 'o.npy' });
      expect([said, encoded]).toEqual([`${place}/o.npy is complete: 3,000 texts\n`, 0]);
      expect(readFileSync(`${place}/o.npy`).equals(expected)).toBe(true);
      expect(readdirSync(place).sort()).toEqual(['o.npy', 'o.npy.journal']);
    }
  });
});

describe('a journal', () => {
  /** A run that fails in its midst. */
  async function begin(place: string, options: Partial<EncodeCommandOptions> = {}): Promise<void> {
    const encoder = new WatchedEncoder((batches) => {
      if (batches === 12) throw new FileError('model: expected no failure but received one');
    });
    await messageOf(FileError, () => encode(place, { output: 'o.npy', ...options }, encoder));
  }

  it('stays after a failure, and the rows up to it are not computed again', async () => {
    const place = freshPlace('place');
    await begin(place, { checkpoint: 1000 });
    expect(readdirSync(place).sort()).toEqual(['o.npy.journal', 'o.npy.partial']);
    const { said, encoded } = await encode(place, { output: 'o.npy' });
    expect(encoded).toBe(3000 - 1200);
    expect(said).toContain('\ngoing on after 1,200 texts\n');
    expect(said).toContain('\nencoded 1,800 texts (9,000 tokens) in ');
  });

  it.each<[string, Partial<EncodeCommandOptions>]>([
    ['--truncate-dim', { truncateDim: 3 }],
    ['--column', { column: 'key' }],
    ['--precision', { precision: 'binary' }],
    ['--shard', { shard: { index: 1, count: 2 } }],
    ['--normalize', { normalize: true }],
    ['--prompt', { prompt: 'x' }],
    ['--dtype', { dtype: 'int8' }],
  ])('of another %s is refused', async (part, options) => {
    const place = freshPlace('place');
    await begin(place);
    const message = await messageOf(FormatError, () => encode(place, { output: 'o.npy', ...options }));
    expect(message).toBe(
      `output ${place}/o.npy.journal: expected a journal of the same ${part} but received another one ` +
        '(remove the journal and the partial file to start anew)',
    );
    // Threads and batches do not change the bytes.
    await encode(place, { output: 'o.npy', batchSize: 3, checkpoint: 9 });
  });

  it('of another input or model is refused', async () => {
    const place = freshPlace('place');
    writeFileSync(`${place}/in.txt`, texts.join('\n'));
    const input = `${place}/in.txt`;
    await begin(place, { input });
    utimesSync(input, 1000, 1000);
    const refusal = () => messageOf(FormatError, () => encode(place, { output: 'o.npy', input }));
    expect(await refusal()).toContain('a journal of the same input');
    rmSync(`${place}/o.npy.journal`);
    rmSync(`${place}/o.npy.partial`);
    await begin(place, { input });
    writeFileSync(file('model/config.json'), '{} ');
    expect(await refusal()).toContain('a journal of the same model');
  });

  it('of a whole output gives way to another command', async () => {
    const place = freshPlace('place');
    await encode(place, { output: 'o.npy' });
    const { encoded } = await encode(place, { output: 'o.npy', truncateDim: 3 });
    expect(encoded).toBe(3000);
    // So does one whose output has been replaced or removed.
    writeFileSync(`${place}/o.npy`, 'another');
    expect((await encode(place, { output: 'o.npy', truncateDim: 3 })).encoded).toBe(3000);
    rmSync(`${place}/o.npy`);
    expect((await encode(place, { output: 'o.npy', truncateDim: 3 })).encoded).toBe(3000);
  });

  it.each([
    ['', 'valid JSON'],
    ['{"kind":', 'valid JSON'],
    ['[]', 'a journal of synthetic-attention encode but received another file'],
    ['null', 'a journal of synthetic-attention encode but received another file'],
    ['{"kind":"synthetic-attention encode"}', 'a journal of version 2 but received version undefined'],
    ['{"kind":"synthetic-attention encode","version":1}', 'a journal of version 2 but received version 1'],
    ['{"kind":"synthetic-attention encode","version":3}', 'a journal of version 2 but received version 3'],
    ['{"kind":"synthetic-attention encode","version":2}', 'a journal as it was written'],
  ])('that is none is refused: %s', async (content, part) => {
    const place = freshPlace('place');
    writeFileSync(`${place}/o.npy.journal`, content);
    const message = await messageOf(FormatError, () => encode(place, { output: 'o.npy' }));
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain(part);
  });

  it('whose partial file has lost bytes is refused', async () => {
    const place = freshPlace('place');
    await begin(place);
    truncateSync(`${place}/o.npy.partial`, 100);
    expect(await messageOf(FileError, () => encode(place, { output: 'o.npy' }))).toMatch(
      /o\.npy\.partial: expected at least \d+ bytes, as its journal says, but received 100 bytes \(remove/,
    );
    rmSync(`${place}/o.npy.partial`);
    expect(await messageOf(FileError, () => encode(place, { output: 'o.npy' }))).toContain('ENOENT');
  });

  it('is not made where a partial file of unknown origin would be lost', async () => {
    const place = freshPlace('place');
    writeFileSync(`${place}/o.npy.partial`, 'mine');
    for (let times = 0; times < 2; times++) {
      expect(await messageOf(FileError, () => encode(place, { output: 'o.npy' }))).toContain(
        'expected a writable file but received a file that no journal speaks of',
      );
    }
    expect(readFileSync(`${place}/o.npy.partial`, 'utf8')).toBe('mine');
    expect(existsSync(`${place}/o.npy.journal`)).toBe(false);
  });
});

describe('a real model in a process of its own', () => {
  beforeAll(() => {
    ensureBuilt();
    const words = ['a', 'cat', 'sat', 'on', 'the', 'mat', 'and', 'others'];
    const write = (name: string, lines: number, longest: number): void => {
      const line = (i: number) =>
        Array.from({ length: 1 + ((i * 7919) % longest) }, (_, k) => words[(i * 31 + k * k) % words.length]);
      writeFileSync(file(name), Array.from({ length: lines }, (_, i) => line(i).join(' ')).join('\n'));
    };
    write('long.txt', 1500, 23);
    // More than two row groups, between which alone there are checkpoints of Parquet.
    write('many.txt', 13_000, 3);
  }, 90_000);

  const args = (input: string, output: string, ...more: string[]) => [
    ...['encode', '--model', goldenPath('tiny_bert'), '--input', file(input), '--output', output],
    ...more,
  ];

  it.each([
    ['jsonl', 'long.txt', 4, ['--id', 'line']],
    ['parquet', 'many.txt', 3, ['--id', 'line', '--precision', 'int8']],
  ])('killed at random moments, %s', async (extension, input, kills, options) => {
    const place = freshPlace('killed');
    const whole = `${place}/whole.${extension}`;
    expect((await finish(start(args(input, whole, ...options, '--quiet')))).status).toBe(0);

    const output = `${place}/out.${extension}`;
    const resuming = args(input, output, ...options, '--resume', '--checkpoint', '0.001', '--threads', '1');
    const rows = () =>
      existsSync(`${output}.journal`) ? JSON.parse(readFileSync(`${output}.journal`, 'utf8')).rows : 0;
    /** Rows that the journal had when a run was killed. */
    const reached: number[] = [];
    for (;;) {
      const child = start(resuming);
      let isOver = false;
      const finished = finish(child).finally(() => {
        isOver = true;
      });
      if (reached.length < kills) {
        // Counted from the first line that the process says, since it may take any time to start. Only the first run is
        // killed before it has come further than the one before it: a busy machine comes to an end too.
        await Promise.race([new Promise((resolve) => child.stderr.once('data', resolve)), finished]);
        while (!isOver && reached.length > 0 && rows() <= reached.at(-1)!) await sleep(1);
        await sleep(20 * Math.random());
        if (!isOver) child.kill('SIGKILL');
      }
      const { status, stderr } = await finished;
      const resumed = (reached.at(-1) ?? 0) > 0;
      expect([stderr.includes('going on after'), stderr.includes('expected')]).toEqual([resumed, false]);
      if (status === 0) break;
      expect(status).toBe(null);
      reached.push(rows());
    }
    expect([reached.length > 0, reached.some((count) => count > 0)]).toEqual([true, true]);
    expect(readFileSync(output).equals(readFileSync(whole))).toBe(true);
    expect(readdirSync(place).filter((name) => /^\.|partial|tmp/.test(name))).toEqual([]);
  });

  it('notes how far it is on a signal', async () => {
    const place = freshPlace('signal');
    const child = start(args('many.txt', `${place}/o.npy`, '--resume', '--threads', '1'));
    const finished = finish(child);
    await new Promise<void>((resolve) => child.stderr.once('data', () => resolve()));
    // Rows behind the header.
    const size = () => statSync(`${place}/o.npy.partial`, { throwIfNoEntry: false })?.size ?? 0;
    while (size() < 20_000) await sleep(2);
    child.kill('SIGTERM');
    const { status, stderr } = await finished;
    expect(status).toBe(143);
    expect(stderr).toContain('interrupted by SIGTERM; the same command goes on from the last checkpoint\n');
    expect(readdirSync(place).sort()).toEqual(['o.npy.journal', 'o.npy.partial']);
    // It had time for a checkpoint, long before one was due.
    expect(JSON.parse(readFileSync(`${place}/o.npy.journal`, 'utf8')).rows).toBeGreaterThan(0);
  });
});
