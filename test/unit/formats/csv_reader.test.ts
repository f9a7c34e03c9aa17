import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ArgumentError, FormatError } from '../../../lib/errors.js';
import { type CsvReadOptions, readCsv } from '../../../lib/formats/csv_reader.js';
import { messageOf, ONE_SENTENCE } from './errors_of.js';

const OPTIONS: CsvReadOptions = { delimiter: ',', column: 'text', header: true, source: 'input a.csv' };

/** Chunks of `step` bytes, so that every field and line end is cut somewhere. */
function* chunks(text: string | Uint8Array, step: number): Generator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

async function read(text: string | Uint8Array, options: Partial<CsvReadOptions> = {}, step = 3) {
  const texts: string[] = [];
  const ids: unknown[] = [];
  const stream = Readable.from(chunks(text, step), { objectMode: false });
  for await (const batch of readCsv(stream, { ...OPTIONS, ...options })) {
    expect(batch.texts.length).toBeGreaterThan(0);
    texts.push(...batch.texts);
    ids.push(...(batch.ids ?? []));
  }
  return options.id === undefined ? texts : { texts, ids };
}

const refusal = (text: string, options: Partial<CsvReadOptions> = {}) =>
  messageOf(FormatError, () => read(text, options));

const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;

describe('readCsv', () => {
  it('gives back any fields, quoted or not, with line ends of both kinds, in any chunks', async () => {
    // Unpaired halves of surrogates have no bytes in UTF-8.
    const field = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\t', '\n', '\r', ' ', 'é', '😀', '\ufeff') }),
      fc.string({ unit: 'grapheme' }),
    );
    const records = fc.array(fc.tuple(field, field), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom<',' | '\t'>(',', '\t'),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (list, end, delimiter, step, lastEnd) => {
          const put = (value: string) =>
            /["\n\r,\t]/.test(value) || value.trim() !== value || value === '' ? quote(value) : value;
          const lines = [['id', 'text'], ...list].map((fields) => fields.map(put).join(delimiter));
          const text = lines.join(end) + (lastEnd ? end : '');
          expect(await read(text, { delimiter, id: 'id' }, step)).toEqual({
            texts: list.map(([, value]) => value),
            ids: list.map(([value]) => value),
          });
        },
      ),
    );
  });

  it('finds columns by name and by number, a name first', async () => {
    expect(await read('a,text\n1,x\n')).toEqual(['x']);
    expect(await read('a,b\n1,x\n', { column: '2' })).toEqual(['x']);
    expect(await read('2,1\nx,y\n', { column: '2' })).toEqual(['x']);
    expect(await read('1,x\n2,y\n', { column: '2', header: false })).toEqual(['x', 'y']);
    expect(await read('text\nx', {})).toEqual(['x']);
  });

  it('drops a byte order mark, keeps spaces and replaces invalid UTF-8', async () => {
    expect(await read('\ufefftext,b\n x ,1\n')).toEqual([' x ']);
    expect(await read(Buffer.from([...Buffer.from('text\na'), 0xff, 0x0a]))).toEqual(['a\ufffd']);
  });

  it('takes line ends of both kinds in one file, and a lone CR as a character', async () => {
    expect(await read('text\na\r\nb\nc\rd\r\n')).toEqual(['a', 'b', 'c\rd']);
  });

  it('skips empty lines between records of several fields, and takes them as texts of one field', async () => {
    expect(await read('text,b\n\nx,1\n\n\n')).toEqual(['x']);
    expect(await read('text\n\nx\n\n')).toEqual(['', 'x', '']);
  });

  it('reads nothing from a file that is empty or has a header alone', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('text,b\n')).toEqual([]);
  });

  it('hands out what a pipe has given before it pauses', async () => {
    const stream = new Readable({ read() {} });
    // The parser looks a few bytes ahead.
    stream.push('text\none\ntwo\nthree');
    const batches = readCsv(stream, OPTIONS);
    const seen: string[] = [];
    while (seen.length < 2) seen.push(...((await batches.next()).value as { texts: string[] }).texts);
    expect(seen).toEqual(['one', 'two']);
    await batches.return();
    expect(stream.destroyed).toBe(true);
  });

  it.each([
    ['text,b\nx,1\ny\n', 'record 2: expected 2 fields but received 1'],
    ['text,b\nx,1,2\n', 'record 1: expected 2 fields but received 3'],
    ['text,b\n"x,1\n', 'record 1: expected CSV by RFC 4180 but received a quoted field without end'],
    [
      'text,b\nx,1\n"y"z,1\n',
      'record 2: expected CSV by RFC 4180 but received characters after a closing quote',
    ],
    ['text,b\nx"y,1\n', 'record 1: expected CSV by RFC 4180 but received a quote within a field'],
    ['"text', 'header: expected CSV by RFC 4180 but received a quoted field without end'],
  ])('refuses %j', async (text, part) => {
    const message = await refusal(text);
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain(`input a.csv, ${part}`);
  });

  it('names the record of an error behind many others', async () => {
    const text = `text,b\n${'x,1\n'.repeat(5000)}x"y,1\n`;
    expect(await messageOf(FormatError, () => read(text, {}, 1 << 16))).toContain('record 5001:');
  });

  it.each([
    ['a,b\n1,2\n', 'text', 'expected a column "text" but received the columns "a", "b"'],
    ['text,text\n1,2\n', 'text', 'expected one column "text" but received two'],
    ['a,b\n1,2\n', '3', 'expected a column "3" but received the columns "a", "b"'],
    ['a,b\n1,2\n', '0', 'expected a column "0" but received the columns "a", "b"'],
  ])('refuses columns that are not there: %j, %s', async (text, column, part) => {
    expect(await messageOf(ArgumentError, () => read(text, { column }))).toContain(part);
  });

  it('passes on what its source fails with', async () => {
    const stream = new Readable({
      read() {
        this.destroy(new Error('broken'));
      },
    });
    await expect(readCsv(stream, OPTIONS).next()).rejects.toThrow('broken');
  });

  it('ends a quoted field without end before it fills the memory', async () => {
    let given = 0;
    const piece = Buffer.alloc(1 << 16, 'x');
    const stream = new Readable({
      read() {
        this.push(given === 0 ? Buffer.from('text\n"') : piece);
        given++;
      },
    });
    const message = await messageOf(FormatError, () =>
      readCsv(stream, { ...OPTIONS, maxRecord: 1 << 18 }).next(),
    );
    expect(message).toContain('record 1: expected CSV by RFC 4180 but received a record that is too long');
    expect(given).toBeLessThan(20);
  });
});
