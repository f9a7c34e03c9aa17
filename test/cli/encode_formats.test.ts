/** Every input, output, id and precision of `encode`, around an encoder that computes next to nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { type EncodeCommandOptions, runEncode } from '../../lib/cli/encode.js';
import { type ArgumentError, SyntheticAttentionError } from '../../lib/errors.js';
import { npyHeader, readNpy } from '../../lib/formats/npy.js';
import { embeddingRanges, quantizeRows } from '../../lib/models/heads/quantize.js';
import { messageOf, ONE_SENTENCE } from '../unit/formats/errors_of.js';
import { useTemporaryDirectory } from '../unit/formats/temporary_directory.js';
import { FakeEncoder, fakeEmbedding } from './fake_encoder.js';

const file = useTemporaryDirectory();
const texts = Array.from({ length: 2500 }, (_, i) => `text ${i}, "quoted" é`);
// The last of the first 1,024, which calibrate, and one behind them that does not fit into their ranges.
texts[1023] = 'loud 5';
texts[1024] = 'loud 9';
const keys = texts.map((_, i) => `key ${i}`);
const embeddings = texts.map((text) => fakeEmbedding(text, 4));

const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;
const csv = (delimiter: string) =>
  ['key,text'.replace(',', delimiter), ...texts.map((t, i) => `${keys[i]}${delimiter}${quote(t)}`)].join(
    '\r\n',
  );

beforeAll(() => {
  const put = (name: string, content: string | Uint8Array) => writeFileSync(file(name), content);
  const jsonl = texts.map((text, i) => JSON.stringify({ key: keys[i], doc: { text }, n: i })).join('\n');
  put('a.txt', texts.join('\n'));
  put('a.jsonl', jsonl);
  put('a.csv', csv(','));
  put('a.tsv', csv('\t'));
  put('a.txt.gz', gzipSync(texts.join('\n')));
  put('a.jsonl.gz', gzipSync(jsonl));
  put('a.csv.gz', gzipSync(csv(',')));
  put(
    'a.parquet',
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'key', data: keys, type: 'STRING' },
          { name: 'text', data: texts, type: 'STRING' },
          { name: 'n', data: BigInt64Array.from(texts, (_, i) => 2n ** 60n + BigInt(i)), type: 'INT64' },
        ],
      }),
    ),
  );
});

type Options = Omit<Partial<EncodeCommandOptions>, 'input' | 'output'>;

interface Ran {
  said: string;
  encoder: FakeEncoder;
}

async function encode(
  options: Omit<Partial<EncodeCommandOptions>, 'input'> & { input: string | string[]; output: string },
): Promise<Ran> {
  let said = '';
  const encoder = new FakeEncoder();
  const stderr = { write: (text: string) => (said += text), isTTY: false } as unknown as NodeJS.WriteStream;
  const input = [options.input].flat().map((name) => (name === '-' ? name : file(name)));
  await runEncode(
    { model: 'fake', ...options, input, output: options.output === '-' ? '-' : file(options.output) },
    { findModel: async (name) => name, loadEncoder: async () => encoder, stderr },
  );
  return { said, encoder };
}

const refusal = async (options: Parameters<typeof encode>[0]): Promise<string> => {
  const before = await readdir(file(''));
  // The base class takes a code first; every error of the command is one of its subclasses.
  const anyOfOurs = SyntheticAttentionError as unknown as typeof ArgumentError;
  const message = await messageOf(anyOfOurs, () => encode(options));
  expect(message).toMatch(ONE_SENTENCE);
  expect(await readdir(file(''))).toEqual(before);
  return message.replaceAll(`${file('')}/`, '');
};

async function rowsOf(name: string): Promise<{ id?: unknown; embedding: number[] }[]> {
  const bytes = readFileSync(file(name));
  if (name.endsWith('.npy')) {
    const { shape, data } = await readNpy(file(name));
    return Array.from({ length: shape[0]! }, (_, i) => ({
      embedding: [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)],
    }));
  }
  if (name.endsWith('.f32')) {
    const data = new Float32Array(Uint8Array.from(bytes).buffer);
    return Array.from({ length: data.length / 4 }, (_, i) => ({
      embedding: [...data.subarray(i * 4, (i + 1) * 4)],
    }));
  }
  if (name.endsWith('.parquet')) {
    return (await parquetReadObjects({ file: Uint8Array.from(bytes).buffer })) as never;
  }
  if (/\.arrows?$/.test(name)) {
    const rows = tableFromIPC(bytes, { useBigInt: true }).toArray() as {
      id?: unknown;
      embedding: number[];
    }[];
    return rows.map((row) => ({
      ...(row.id === undefined ? {} : { id: row.id }),
      embedding: [...row.embedding],
    }));
  }
  return bytes
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map((row) => (Array.isArray(row) ? { embedding: row } : row))
    .map((row) => ({ ...row, embedding: row.embedding.map(Math.fround) }));
}

describe('inputs', () => {
  it.each<[string, Options]>([
    ['a.txt', {}],
    ['a.txt.gz', {}],
    ['a.jsonl', { field: 'doc.text' }],
    ['a.jsonl.gz', { field: 'doc.text' }],
    ['a.csv', {}],
    ['a.csv', { column: '2' }],
    ['a.csv.gz', { column: 'text' }],
    ['a.tsv', {}],
    ['a.parquet', {}],
    ['a.parquet', { column: 'text' }],
  ])('%s gives its texts in order, %o', async (input, options) => {
    const { said } = await encode({ input, output: 'in.npy', ...options });
    expect((await rowsOf('in.npy')).map((row) => row.embedding)).toEqual(embeddings);
    expect(said).toMatch(/^loaded fake in .*\nencoded 2,500 texts \(12,500 tokens\) in .* -> .*in\.npy\n$/);
  });

  it('takes several, of different formats, one after the other, and numbers their records through', async () => {
    const input = ['a.csv', 'a.txt', 'a.parquet'];
    await encode({ input, output: 'in.parquet', id: 'line' });
    expect(await rowsOf('in.parquet')).toEqual(
      [...embeddings, ...embeddings, ...embeddings].map((embedding, i) => ({ id: BigInt(i + 1), embedding })),
    );
  });

  it('takes no header for a text with --no-header', async () => {
    writeFileSync(file('bare.csv'), '1,one\n2,two\n');
    await encode({ input: 'bare.csv', output: 'in.npy', header: false, column: '2' });
    expect(await rowsOf('in.npy')).toHaveLength(2);
  });

  it.each<[string, Options, string]>([
    ['a.jsonl', {}, 'input a.jsonl, line 1, field "text": expected a string but received nothing there'],
    [
      'a.csv',
      { column: 'none' },
      'input a.csv: expected a column "none" but received the columns "key", "text"',
    ],
    ['a.parquet', { id: 'none' }, 'input a.parquet: expected a column "none"'],
    ['a.txt', { inputFormat: 'parquet' }, 'input a.txt: expected a Parquet file'],
    ['a.txt', { field: 'x' }, '--field: expected an input in jsonl but received lines'],
    ['a.txt', { column: 'x' }, '--column: expected an input in csv, tsv, parquet but received lines'],
    ['a.jsonl', { header: false }, '--no-header: expected an input in csv, tsv but received jsonl'],
    ['a.txt', { id: 'key' }, '--id: expected line, since plain lines have no other id, but received "key"'],
    ['cut.csv.gz', {}, 'input cut.csv.gz: expected gzip data but received unexpected end of file'],
    ['no.csv.gz', {}, 'input no.csv.gz: expected gzip data but received incorrect header check'],
    ['bad.csv', {}, 'input bad.csv, record 2: expected 2 fields but received 3'],
    ['p.parquet.gz', {}, '--input: expected a file for the parquet format but received'],
  ])('%s with %o is refused with one sentence, and nothing is left', async (input, options, part) => {
    writeFileSync(file('cut.csv.gz'), gzipSync(csv(',')).subarray(0, 3000));
    writeFileSync(file('no.csv.gz'), 'no gzip');
    writeFileSync(file('bad.csv'), 'a,text\n1,x\n1,2,3\n');
    expect(await refusal({ input, output: 'x.jsonl', ...options })).toContain(part);
  });

  it('names the file of an error behind others', async () => {
    writeFileSync(file('bad.csv'), 'a,text\n1,x\n1,2,3\n');
    expect(await refusal({ input: ['a.txt', 'a.csv', 'bad.csv'], output: 'x.npy' })).toContain(
      'input bad.csv, record 2:',
    );
  });
});

describe('outputs', () => {
  it.each(['out.npy', 'out.f32', 'out.jsonl', 'out.parquet', 'out.arrow', 'out.arrows'])(
    '%s has all rows',
    async (output) => {
      await encode({ input: 'a.txt', output });
      expect(await rowsOf(output)).toEqual(embeddings.map((embedding) => ({ embedding })));
    },
  );

  const idOutputs = ['out.jsonl', 'out.parquet', 'out.arrow', 'out.arrows'];
  it.each(idOutputs)('%s carries ids of each input', async (output) => {
    const expected = embeddings.map((embedding, i) => ({ id: keys[i], embedding }));
    for (const [input, options] of [
      ['a.jsonl', { field: 'doc.text' }],
      ['a.csv', {}],
      ['a.parquet', {}],
    ] as const) {
      await encode({ input, output, id: 'key', ...options });
      expect(await rowsOf(output)).toEqual(expected);
    }
  });

  it('keeps integers: as a column where the input has one, digit by digit in JSON', async () => {
    const expected = texts.map((_, i) => 2n ** 60n + BigInt(i));
    for (const output of ['out.parquet', 'out.arrow']) {
      await encode({ input: 'a.parquet', output, id: 'n' });
      expect((await rowsOf(output)).map((row) => row.id)).toEqual(expected);
    }
    await encode({ input: 'a.parquet', output: 'out.jsonl', id: 'n' });
    expect(readFileSync(file('out.jsonl'), 'utf8')).toContain('{"id":1152921504606846977,"embedding":[');
    await encode({ input: 'a.jsonl', field: 'doc.text', output: 'out.parquet', id: 'n' });
    expect((await rowsOf('out.parquet'))[7]!.id).toBe('7');
    await encode({ input: 'a.jsonl', field: 'doc.text', output: 'out.jsonl', id: 'n' });
    expect((await rowsOf('out.jsonl'))[7]!.id).toBe(7);
  });

  it.each(['x.npy', 'x.f32'])('%s has no room for ids', async (output) => {
    expect(await refusal({ input: 'a.csv', output, id: 'key' })).toMatch(
      /^--id: expected an output in one of jsonl, parquet, arrow, arrow-stream but received (npy|raw)$/,
    );
  });
});

describe('shards', () => {
  it('are dealt out one by one, over all inputs, with the numbers of the whole', async () => {
    const all = [...embeddings, ...embeddings].map((embedding, i) => ({ id: BigInt(i + 1), embedding }));
    for (const index of [1, 2, 3]) {
      const shard = { index, count: 3 };
      await encode({ input: ['a.txt', 'a.csv'], output: 'shard.parquet', id: 'line', shard });
      expect(await rowsOf('shard.parquet')).toEqual(all.filter((_, i) => i % 3 === index - 1));
    }
  });

  it('may be empty', async () => {
    writeFileSync(file('one.txt'), 'one\n');
    await encode({ input: 'one.txt', output: 'shard.npy', shard: { index: 2, count: 2 } });
    expect(await rowsOf('shard.npy')).toEqual([]);
  });
});

describe('precisions', () => {
  const flat = Float32Array.from(embeddings.flat());
  const firstRanges = embeddingRanges(flat.subarray(0, 1024 * 4), 4);
  const body = (name: string, columns: number, type: 'int8' | 'uint8') => {
    const bytes = readFileSync(file(name));
    const header = npyHeader(bytes.length, columns, type);
    const shape = /\((\d+), (\d+)\)/.exec(bytes.subarray(0, header.length).toString('latin1'))!;
    const data = Uint8Array.from(bytes.subarray(header.length));
    return { shape: shape.slice(1).map(Number), data: type === 'int8' ? new Int8Array(data.buffer) : data };
  };

  it.each(['int8', 'uint8'] as const)(
    '%s: from the first texts, with the ranges beside the output',
    async (precision) => {
      await encode({ input: 'a.csv', output: 'q.npy', precision });
      expect(body('q.npy', 4, precision)).toEqual({
        shape: [2500, 4],
        data: quantizeRows(flat, 4, precision, firstRanges),
      });
      const ranges = await readNpy(file('q.npy.ranges.npy'));
      expect(ranges).toEqual({ shape: [2, 4], data: firstRanges });
      await encode({ input: 'a.csv', output: 'r.npy', precision, ranges: file('q.npy.ranges.npy') });
      expect(readFileSync(file('r.npy'))).toEqual(readFileSync(file('q.npy')));
      expect(await readdir(file(''))).not.toContain('r.npy.ranges.npy');
    },
  );

  it('takes the same ranges for every shard', async () => {
    for (const index of [1, 2]) {
      await encode({
        input: 'a.csv',
        output: `s${index}.npy`,
        precision: 'int8',
        shard: { index, count: 2 },
      });
      expect((await readNpy(file(`s${index}.npy.ranges.npy`))).data).toEqual(firstRanges);
    }
  });

  it.each([
    ['binary', 'int8'],
    ['ubinary', 'uint8'],
  ] as const)('%s: eight signs a byte', async (precision, type) => {
    await encode({ input: 'a.csv', output: 'b.npy', precision });
    expect(body('b.npy', 1, type)).toEqual({ shape: [2500, 1], data: quantizeRows(flat, 4, precision) });
  });

  it('reach every format', async () => {
    const expected = [...quantizeRows(flat, 4, 'int8', firstRanges)];
    for (const output of ['q.jsonl', 'q.parquet', 'q.arrow']) {
      await encode({ input: 'a.txt', output, precision: 'int8' });
      expect((await rowsOf(output)).flatMap((row) => [...row.embedding])).toEqual(expected);
    }
    await encode({ input: 'a.txt', output: 'q.bin', precision: 'int8' });
    expect([...new Int8Array(Uint8Array.from(readFileSync(file('q.bin'))).buffer)]).toEqual(expected);
  });

  it('write nothing for an empty input', async () => {
    writeFileSync(file('empty.txt'), '');
    await encode({ input: 'empty.txt', output: 'e.npy', precision: 'int8' });
    expect(body('e.npy', 4, 'int8').shape).toEqual([0, 4]);
  });

  it.each<[Partial<EncodeCommandOptions>, string]>([
    [{ ranges: 'x.npy' }, '--ranges: expected a precision of int8 or uint8 but received float32'],
    [
      { precision: 'int8', output: '-' },
      '--ranges: expected a file for int8 on standard output but received none',
    ],
    [{ checkpoint: 1 }, '--checkpoint: expected the option --resume beside it but received it alone'],
    [{ resume: true, output: '-' }, '--output: expected a file for --resume but received standard output'],
    [{ resume: true, input: '-' }, '--input: expected files for --resume but received standard input'],
    [{ input: ['-', '-'] }, '--input: expected - once but received it more than once'],
  ])('options that do not fit together: %o', async (options, part) => {
    expect(await refusal({ input: 'a.txt', output: 'x.npy', ...options } as never)).toContain(part);
  });

  it('refuses ranges of another length', async () => {
    await encode({ input: 'a.csv', output: 'q.npy', precision: 'int8' });
    const ranges = file('q.npy.ranges.npy');
    expect(
      await refusal({ input: 'a.csv', output: 'x.npy', precision: 'int8', ranges, truncateDim: 3 }),
    ).toContain('expected the shape (2, 3) but received (2, 4)');
  });
});

it('tells the encoder what it was told', async () => {
  const { encoder } = await encode({
    input: 'a.txt',
    output: 'o.npy',
    prompt: 'query: ',
    pooling: ['cls', 'mean'],
    truncateDim: 2,
    normalize: false,
    batchSize: 5,
  });
  const { signal, ...options } = encoder.options;
  expect(signal).toBeInstanceOf(AbortSignal);
  expect(options).toEqual({
    prompt: 'query: ',
    pooling: ['cls', 'mean'],
    truncateDim: 2,
    normalize: false,
    batchSize: 5,
    precision: 'float32',
  });
  expect((await rowsOf('o.npy'))[0]!.embedding).toHaveLength(2);
});
