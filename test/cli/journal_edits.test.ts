/** What a resumed run trusts: nothing of a journal, a partial file or an input that has changed. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type EncodeCommandOptions, runEncode } from '../../lib/cli/encode.js';
import { sealed } from '../../lib/cli/journal.js';
import { ArgumentError, FileError, FormatError } from '../../lib/errors.js';
import { messageOf } from '../unit/formats/errors_of.js';
import { useTemporaryDirectory } from '../unit/formats/temporary_directory.js';
import { WatchedEncoder } from './watched_encoder.js';

const file = useTemporaryDirectory();
const onPosix = process.platform === 'win32' ? it.skip : it;
/** About 100 bytes each: the input is far longer than the part of it that is compared by its bytes. */
const texts = Array.from({ length: 4000 }, (_, i) => `text ${i} ${'x'.repeat(90)}`);

type Options = Partial<EncodeCommandOptions>;

async function encode(place: string, options: Options = {}, encoder = new WatchedEncoder()): Promise<number> {
  const stderr = { write: () => true, isTTY: false } as unknown as NodeJS.WriteStream;
  await runEncode(
    {
      model: `${place}/model`,
      input: `${place}/in.txt`,
      resume: true,
      checkpoint: 0,
      output: `${place}/o.jsonl`,
      ...options,
    },
    { findModel: async (name) => name, loadEncoder: async () => encoder, stderr, blockRows: 256 },
  );
  return encoder.encoded;
}

/** A run that fails in its midst. */
async function interrupted(place: string, options: Options = {}): Promise<void> {
  const encoder = new WatchedEncoder((batches) => {
    if (batches === 15) throw new FileError('model: expected no failure but received one');
  });
  await messageOf(FileError, () => encode(place, options, encoder));
}

/** Whole seconds, since utimes keeps no nanoseconds. */
const TIME = 1_000_000_000;

function writeDated(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content);
  utimesSync(path, TIME, TIME);
}

let places = 0;

/** A directory with an input and a model. */
function freshPlace(): string {
  const place = file(`place${places++}`);
  mkdirSync(`${place}/model`, { recursive: true });
  writeFileSync(`${place}/model/config.json`, '{}');
  writeDated(`${place}/model/model.safetensors`, new Uint8Array(200_000));
  writeDated(`${place}/in.txt`, texts.join('\n'));
  return place;
}

function picture(place: string): Record<string, string> {
  const names = (readdirSync(place, { recursive: true }) as string[]).filter((n) =>
    statSync(`${place}/${n}`).isFile(),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(`${place}/${name}`, 'latin1')]));
}

/** The run is refused with one sentence of `type`, twice, and touches nothing. */
async function refused(
  place: string,
  type: typeof FormatError | typeof FileError | typeof ArgumentError,
  part: string,
  options: Options = {},
): Promise<void> {
  const before = picture(place);
  for (let times = 0; times < 2; times++) {
    const message = await messageOf(type as typeof FormatError, () => encode(place, options));
    expect(message).toContain(part);
    expect(message).not.toContain('\n');
    expect(picture(place)).toEqual(before);
  }
}

let begun = '';
let whole = '';

beforeAll(async () => {
  begun = freshPlace();
  await interrupted(begun);
  const place = freshPlace();
  await encode(place, { resume: false, checkpoint: undefined } as never);
  whole = readFileSync(`${place}/o.jsonl`, 'latin1');
});

/** A copy of an interrupted run, times included. */
function copyOfBegun(): string {
  const place = file(`place${places++}`);
  cpSync(begun, place, { recursive: true, preserveTimestamps: true });
  return place;
}

type Journal = Record<string, unknown> & { rows: number; bytes: number };

function journalOf(place: string): Journal {
  return JSON.parse(readFileSync(`${place}/o.jsonl.journal`, 'utf8')) as Journal;
}

describe('an edited journal', () => {
  it('is one that was not edited', async () => {
    const place = copyOfBegun();
    const { rows } = journalOf(place);
    expect(rows).toBeGreaterThan(1000);
    expect(await encode(place)).toBe(4000 - rows);
    expect(readFileSync(`${place}/o.jsonl`, 'latin1')).toBe(whole);
  });

  it.each(['rows', 'bytes', 'tokens'])('%s', async (field) => {
    const place = copyOfBegun();
    const journal = journalOf(place);
    const value = journal[field] as number;
    for (const edited of [
      0,
      1,
      value - 1,
      value + 1,
      -1,
      0.5,
      2 ** 53,
      1e300,
      '7',
      null,
      undefined,
      [],
      {},
    ]) {
      writeFileSync(`${place}/o.jsonl.journal`, JSON.stringify({ ...journal, [field]: edited }));
      await refused(
        place,
        FormatError,
        'expected a journal as it was written but received one that was changed',
      );
    }
  });

  it.each(['fingerprint', 'partial', 'input', 'state', 'ranges', 'complete', 'checksum'])(
    '%s',
    async (field) => {
      const place = copyOfBegun();
      const journal = journalOf(place);
      const complete = { bytes: journal.bytes, mtimeMs: statSync(`${place}/o.jsonl.partial`).mtimeMs };
      for (const edited of [complete, undefined, '', 1, [], { records: 10, digest: '' }]) {
        writeFileSync(`${place}/o.jsonl.journal`, JSON.stringify({ ...journal, [field]: edited }));
        await refused(place, FormatError, 'received one that was changed');
      }
    },
  );

  it('with a checksum that was made for it', async () => {
    const { checksum: _, ...journal } = journalOf(begun);
    const { rows, bytes } = journal;
    const text = readFileSync(`${begun}/o.jsonl.partial`, 'latin1');
    const lineBack = text.lastIndexOf('\n', bytes - 2) + 1;
    for (const [edit, type, part] of [
      [
        { bytes: lineBack },
        FormatError,
        `the ${lineBack} bytes that its journal speaks of but received others`,
      ],
      [{ bytes: bytes + 10 ** 9 }, FileError, 'as its journal says,'],
      [{ bytes: Number.MAX_SAFE_INTEGER }, FileError, 'as its journal says,'],
      [{ bytes: -1 }, FormatError, 'a journal as it was written'],
      [{ rows: 2 ** 53 }, FormatError, 'a journal as it was written'],
      [{ partial: null }, FormatError, 'a journal as it was written'],
      [{ input: null }, FormatError, 'a journal as it was written'],
      [{ input: { records: rows, digest: 'no' } }, FormatError, 'texts that the interrupted run has read'],
      [{ fingerprint: null }, FormatError, 'a journal as it was written'],
      [{ complete: 5 }, FormatError, 'a journal as it was written'],
      [{ kind: 'another' }, FormatError, 'received another file'],
      [{ version: 3 }, FormatError, 'a journal of version 2 but received version 3'],
    ] as const) {
      const place = copyOfBegun();
      writeFileSync(`${place}/o.jsonl.journal`, sealed({ ...journal, ...edit }));
      await refused(place, type as typeof FormatError, part);
    }
  });

  it('of another run beside this partial file, and the other way round', async () => {
    const other = freshPlace();
    writeFileSync(`${other}/in.txt`, texts.map((text) => `${text}?`).join('\n'));
    await interrupted(other);
    const place = copyOfBegun();
    cpSync(`${other}/o.jsonl.partial`, `${place}/o.jsonl.partial`);
    await refused(place, FormatError, 'bytes that its journal speaks of but received others');
    cpSync(`${other}/o.jsonl.journal`, `${place}/o.jsonl.journal`);
    await refused(place, FormatError, 'a journal of the same input');
  });
});

describe('a partial file', () => {
  it.each<[string, (bytes: Buffer, journal: Journal) => void]>([
    ['its first byte', (bytes) => bytes.fill('!', 0, 1)],
    ['a bit in its midst', (bytes) => (bytes[60_000]! ^= 1)],
    ['its last byte', (bytes, journal) => bytes.fill('!', journal.bytes - 1, journal.bytes)],
    ['a hole', (bytes) => bytes.fill(0, 4096, 8192)],
  ])('that has other bytes is noticed: %s', async (_, change) => {
    const place = copyOfBegun();
    const path = `${place}/o.jsonl.partial`;
    const bytes = readFileSync(path);
    change(bytes, journalOf(place));
    writeFileSync(path, bytes);
    await refused(place, FormatError, 'received others: the file was changed or replaced');
  });

  it('may have any bytes behind its checkpoint', async () => {
    const place = copyOfBegun();
    appendFileSync(`${place}/o.jsonl.partial`, 'torn');
    await encode(place);
    expect(readFileSync(`${place}/o.jsonl`, 'latin1')).toBe(whole);
  });

  onPosix('is no link, FIFO or directory', async () => {
    const place = copyOfBegun();
    const path = `${place}/o.jsonl.partial`;
    cpSync(path, `${place}/kept`);
    rmSync(path);
    symlinkSync('kept', path);
    await refused(place, FileError, 'o.jsonl.partial: expected a writable file but received a link');
    rmSync(path);
    execFileSync('mkfifo', [path]);
    await refused(place, FileError, 'expected a writable file but received a pipe');
    rmSync(path);
    mkdirSync(path);
    await refused(place, FileError, 'EISDIR');
  });

  onPosix('is not replaced under a run without an error', async () => {
    const place = freshPlace();
    const encoder = new WatchedEncoder((batches) => {
      if (batches !== 10) return;
      rmSync(`${place}/o.jsonl.partial`);
      writeFileSync(`${place}/o.jsonl.partial`, 'another');
    });
    expect(await messageOf(FileError, () => encode(place, {}, encoder))).toContain('another file by now');
    expect(readdirSync(place)).not.toContain('o.jsonl');
  });
});

describe('an input', () => {
  /** Writes `content` with the old time. */
  function change(place: string, name: string, content: string | Uint8Array): void {
    const { size } = statSync(`${place}/${name}`);
    writeDated(`${place}/${name}`, content);
    expect(statSync(`${place}/${name}`).size).toBe(size);
  }

  const changedAt = (record: number) => texts.map((text, i) => (i === record ? `T${text.slice(1)}` : text));

  it.each([0, 700, 1300, 'rows'] as const)(
    'of equal size and time that differs in record %s',
    async (record) => {
      const place = copyOfBegun();
      const last = record === 'rows' ? journalOf(place).rows - 1 : record;
      change(place, 'in.txt', changedAt(last).join('\n'));
      await refused(
        place,
        FormatError,
        last === 0 ? 'of the same input' : 'expected the texts that the interrupted run has read',
      );
    },
  );

  it('that differs where it was not read yet gives the embeddings of what is there now', async () => {
    const place = copyOfBegun();
    change(place, 'in.txt', changedAt(3999).join('\n'));
    await encode(place);
    const now = freshPlace();
    writeDated(`${now}/in.txt`, changedAt(3999).join('\n'));
    await encode(now);
    expect(readFileSync(`${place}/o.jsonl`, 'latin1')).toBe(readFileSync(`${now}/o.jsonl`, 'latin1'));
  });

  it.each<[string, Options]>([
    ['a shard', { shard: { index: 2, count: 3 } }],
    ['row groups', { format: 'parquet' }],
    ['a shard in row groups', { format: 'arrow', shard: { index: 3, count: 3 } }],
    ['calibrated ranges', { precision: 'int8' }],
  ])('is compared as far as it was read for %s', async (_, options) => {
    const place = freshPlace();
    const stop = new WatchedEncoder((batches) => {
      if (batches === 9) throw new FileError('model: expected no failure but received one');
    });
    await messageOf(FileError, () => encode(place, options, stop));
    const { rows, input } = journalOf(place) as unknown as { rows: number; input: { records: number } };
    expect(rows).toBeGreaterThan(0);
    const last = options.shard === undefined ? rows : (rows - 1) * 3 + options.shard.index;
    expect(input.records).toBeGreaterThanOrEqual(last);
    change(place, 'in.txt', changedAt(last - 1).join('\n'));
    await refused(place, FormatError, 'expected the texts that the interrupted run has read', options);
    change(place, 'in.txt', texts.join('\n'));
    await encode(place, options);
    const alone = freshPlace();
    await encode(alone, options);
    expect(readFileSync(`${place}/o.jsonl`, 'latin1')).toBe(readFileSync(`${alone}/o.jsonl`, 'latin1'));
  });

  it('and ids are compared with the texts', async () => {
    const place = freshPlace();
    const rows = texts.map((text, i) => `${1000 + i},${text}`);
    const options: Options = { input: `${place}/in.csv`, id: 'key' };
    writeDated(`${place}/in.csv`, ['key,text', ...rows].join('\n'));
    await interrupted(place, options);
    rows[1200] = `9999,${texts[1200]}`;
    change(place, 'in.csv', ['key,text', ...rows].join('\n'));
    await refused(place, FormatError, 'expected the texts that the interrupted run has read', options);
  });

  it('that ends before the place where the run was', async () => {
    const place = freshPlace();
    const long = gzipSync(texts.join('\n'), { level: 0 });
    writeDated(`${place}/in.txt.gz`, long);
    const options: Options = { input: `${place}/in.txt.gz` };
    await interrupted(place, options);
    const padded = new Uint8Array(long.length);
    padded.set(long.subarray(0, 1 << 16));
    change(place, 'in.txt.gz', padded);
    await refused(place, FormatError, 'gzip data', options);
    writeDated(`${place}/lines.txt`, texts.join('\n'));
    const lines: Options = { input: `${place}/lines.txt`, output: `${place}/p.jsonl` };
    await interrupted(place, lines);
    const cut = texts.slice(0, 1100).join('\n');
    const oneLine = cut + '_'.repeat(texts.join('\n').length - cut.length);
    change(place, 'lines.txt', oneLine);
    await refused(place, FormatError, 'expected the texts that the interrupted run has read', lines);
  });

  it.each(['.partial', '.journal', '.ranges.npy', ''])('is not the output: o.jsonl%s', async (suffix) => {
    const place = copyOfBegun();
    const path = `${place}/o.jsonl${suffix}`;
    if (suffix === '' || suffix === '.ranges.npy') writeFileSync(path, 'text\n');
    await refused(place, ArgumentError, '--output: expected another file than the input', {
      input: path,
      inputFormat: 'lines',
    });
  });

  onPosix('is no FIFO for --resume, and waits for nobody', async () => {
    const place = freshPlace();
    execFileSync('mkfifo', [`${place}/fifo`]);
    await refused(place, FileError, 'expected a regular file for --resume but received a pipe', {
      input: `${place}/fifo`,
    });
    await refused(place, FileError, 'a regular file', { precision: 'int8', ranges: `${place}/fifo` });
  });
});

describe('a model', () => {
  it('that differs behind its first 64 KiB, with equal size and time, is noticed', async () => {
    const place = copyOfBegun();
    const path = `${place}/model/model.safetensors`;
    writeDated(path, new Uint8Array(200_000).fill(1, 150_000));
    await refused(place, FormatError, 'a journal of the same model');
  });

  it('may be written again as it was, and hold the output', async () => {
    const place = copyOfBegun();
    writeFileSync(`${place}/model/config.json`, '{}');
    await encode(place);
    expect(readFileSync(`${place}/o.jsonl`, 'latin1')).toBe(whole);
    const inside = { output: `${place}/model/o.jsonl` };
    await interrupted(place, inside);
    await encode(place, inside);
    expect(readFileSync(inside.output, 'latin1')).toBe(whole);
  });
});
