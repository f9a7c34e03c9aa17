import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FormatError } from '../../../lib/errors.js';
import { type JsonlReadOptions, readJsonl } from '../../../lib/formats/jsonl_reader.js';
import { messageOf, ONE_SENTENCE } from './errors_of.js';

const OPTIONS: JsonlReadOptions = { field: 'text', source: 'input a.jsonl' };

async function read(text: string, options: Partial<JsonlReadOptions> = {}) {
  const texts: string[] = [];
  const ids: unknown[] = [];
  const stream = Readable.from([Buffer.from(text)]);
  for await (const batch of readJsonl(stream, { ...OPTIONS, ...options })) {
    texts.push(...batch.texts);
    ids.push(...(batch.ids ?? []));
  }
  return options.id === undefined ? texts : { texts, ids };
}

describe('readJsonl', () => {
  it('gives back any text and id', async () => {
    const id = fc.oneof(fc.string({ unit: 'binary' }), fc.maxSafeInteger());
    const records = fc.array(fc.record({ text: fc.string({ unit: 'binary' }), id }));
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        const text = list.map((record) => JSON.stringify(record)).join('\n');
        expect(await read(text, { id: 'id' })).toEqual({
          texts: list.map((record) => record.text),
          ids: list.map((record) => record.id),
        });
      }),
    );
  });

  it('follows dots, after a key that has them in its name', async () => {
    const record = { a: { b: ['x', { 'c.d': 'y' }] }, 'a.b.0': 'z', 'a.q': 'w' };
    const at = (field: string) => read(JSON.stringify(record), { field });
    expect(await at('a.q')).toEqual(['w']);
    expect(await at('a.b.0')).toEqual(['z']);
    expect(await read(JSON.stringify({ a: { b: ['x'] } }), { field: 'a.b.0' })).toEqual(['x']);
  });

  it('skips blank lines and takes CRLF, and counts them for errors', async () => {
    expect(await read('{"text":"a"}\r\n\r\n \n{"text":"b"}')).toEqual(['a', 'b']);
    expect(await messageOf(FormatError, () => read('\n\n{"text":1}'))).toContain('line 3');
  });

  it.each([
    ['{"text":1}', 'line 1, field "text": expected a string but received 1'],
    ['{"text":null}', 'line 1, field "text": expected a string but received null'],
    ['{"text":["a"]}', 'line 1, field "text": expected a string but received an array'],
    ['{"other":"a"}', 'line 1, field "text": expected a string but received nothing there'],
    ['{"text":"a"}\n[1]', 'line 2: expected a JSON object but received an array'],
    ['"a"', 'line 1: expected a JSON object but received "a"'],
    ['null', 'line 1: expected a JSON object but received null'],
    ['{"text":"a"', 'line 1: expected valid JSON but received'],
    ['{"text":"a"} x', 'line 1: expected valid JSON but received'],
  ])('refuses %j', async (text, part) => {
    const message = await messageOf(FormatError, () => read(text));
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain(`input a.jsonl, ${part}`);
  });

  it.each(['{"id":null}', '{"id":true}', '{"id":1.5}', '{"id":12345678901234567890}', '{"id":{}}', '{}'])(
    'refuses the id of %s',
    async (text) => {
      const record = text.replace('{', '{"text":"a"').replace('"a""', '"a","');
      const message = await messageOf(FormatError, () => read(record, { id: 'id' }));
      expect(message).toMatch(ONE_SENTENCE);
      expect(message).toContain('line 1, field "id": expected a string or an integer of at most 2^53 - 1');
    },
  );

  it('does not take what objects inherit', async () => {
    for (const field of ['constructor', 'constructor.name', '__proto__', 'text.length']) {
      expect(await messageOf(FormatError, () => read('{"text":"a"}', { field }))).toContain('nothing there');
    }
  });

  it('survives nesting without end', async () => {
    await messageOf(FormatError, () => read('['.repeat(1_000_000)));
  });
});
