import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ArgumentError, FormatError } from '../../../lib/errors.js';
import { type ReadLinesOptions, readLines } from '../../../lib/formats/lines.js';
import { messageOf } from './errors_of.js';

async function* streamOf(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function linesOf(chunks: (Uint8Array | string)[], options?: ReadLinesOptions): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of readLines(streamOf(chunks.map((c) => Buffer.from(c))), options)) {
    lines.push(...batch.lines);
  }
  return lines;
}

const BOM = '\ufeff';

describe('readLines', () => {
  it.each<[string, string[]]>([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\nb', ['a', '', 'b']],
    ['a\n\n', ['a', '']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\r', ['a']],
    ['a\r\r\n', ['a\r']],
    ['a\rb\n', ['a\rb']],
    ['\r\n', ['']],
    ['a\u2028b\u2029c\u0085d\ve\ff\n', ['a\u2028b\u2029c\u0085d\ve\ff']],
    [`${BOM}a\n${BOM}b`, ['a', `${BOM}b`]],
    [`${BOM}${BOM}a`, [`${BOM}a`]],
    [BOM, []],
    [`${BOM}\n`, ['']],
    ['\0\n', ['\0']],
    ['ünï😀\n', ['ünï😀']],
  ])('splits %j', async (text, lines) => {
    expect(await linesOf([text])).toEqual(lines);
    expect(await linesOf([...Buffer.from(text)].map((byte) => Uint8Array.of(byte)))).toEqual(lines);
  });

  it('drops a byte order mark once, not at the start of every chunk', async () => {
    expect(await linesOf(['a\n', `${BOM}b\n`])).toEqual(['a', `${BOM}b`]);
    expect(await linesOf(['\n', `${BOM}b\n`])).toEqual(['', `${BOM}b`]);
  });

  it('replaces invalid UTF-8', async () => {
    const bytes = Buffer.from([0xff, 0x0a, 0xe2, 0x82, 0x0a, 0x41, 0xf0, 0x9f]);
    expect(await linesOf([bytes])).toEqual(['\ufffd', '\ufffd', 'A\ufffd']);
    expect(await linesOf([Uint8Array.of(0xef, 0xbb)])).toEqual(['\ufffd']);
  });

  it('equals the split of the whole, over random bytes and chunks', async () => {
    const interesting = Buffer.from(`a\n\n\n\r\r${BOM}\u2028€😀\xff`);
    const byte = fc.oneof(fc.constantFrom(...interesting, 0xff, 0x80), fc.integer({ min: 0, max: 255 }));
    const start = fc.constantFrom('', '', BOM, `${BOM}${BOM}`);
    const cuts = fc.array(fc.nat(20));
    await fc.assert(
      fc.asyncProperty(start, fc.array(byte), cuts, async (head, tail, lengths) => {
        const whole = Buffer.from([...Buffer.from(head), ...tail]);
        const chunks: Buffer[] = [];
        let at = 0;
        for (const length of lengths) {
          chunks.push(whole.subarray(at, at + length));
          at += length;
        }
        chunks.push(whole.subarray(at));
        const expected = new TextDecoder().decode(whole).split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await linesOf(chunks)).toEqual(expected.map((line) => line.replace(/\r$/, '')));
      }),
      { numRuns: 2000 },
    );
  });

  it('tells the offset after the lines given so far', async () => {
    const batches = [];
    const chunks = [`${BOM}a\nb`, 'c', '\r\n€', '\n\nlast'].map((text) => Buffer.from(text));
    for await (const batch of readLines(streamOf(chunks))) batches.push(batch);
    expect(batches).toEqual([
      { lines: ['a'], bytes: 5 },
      { lines: ['bc'], bytes: 9 },
      { lines: ['€', ''], bytes: 14 },
      { lines: ['last'], bytes: 18 },
    ]);
  });

  it('takes a huge chunk apart', async () => {
    const chunk = Buffer.from(`${'x'.repeat(999)}\n`.repeat(5000));
    const sizes = [];
    for await (const { lines } of readLines(streamOf([chunk]))) sizes.push(lines.length);
    expect(sizes.length).toBe(5);
    expect(sizes.reduce((a, b) => a + b)).toBe(5000);
  });

  it('copes with chunks whose memory is used again', async () => {
    async function* reusing(): AsyncGenerator<Uint8Array> {
      const memory = new Uint8Array(2);
      for (const pair of ['ab', 'cd', '\ne', 'f\n']) {
        memory.set(Buffer.from(pair));
        yield memory;
      }
    }
    const lines = [];
    for await (const batch of readLines(reusing())) lines.push(...batch.lines);
    expect(lines).toEqual(['abcd', 'ef']);
  });

  it('takes time in proportion to a long line in small chunks', async () => {
    const piece = new Uint8Array(64).fill(0x61);
    const lines = await linesOf(Array(200_000).fill(piece));
    expect(lines.map((line) => line.length)).toEqual([12_800_000]);
  });

  it.each<[string[], number]>([
    [['abcd'], 1],
    [['abcd\n'], 1],
    [['ab', 'cd', '\n'], 1],
    [['a\nabc\nabcd\nx\n'], 3],
    [['a\nb\n', '\nabcd'], 4],
    [['abc\n', 'a', 'bcd\n'], 2],
    [['abc\r\n'], 1],
    [['€a\n'], 1],
    [[`${BOM}abcd\n`], 1],
    [[`\n${BOM}a\n`], 2],
  ])('refuses %j, in which line %d has more than 3 bytes', async (chunks, line) => {
    const run = () => linesOf(chunks, { maxLineBytes: 3, source: 'texts.txt' });
    expect(await messageOf(FormatError, run)).toBe(
      `texts.txt, line ${line}: expected at most 3 bytes but received more`,
    );
  });

  it.each([['abc'], ['abc\n'], ['abc\nabc\n\nabc'], ['ab\r\n'], ['€\n'], [`${BOM}abc\n`], [`${BOM}abc`]])(
    'takes %j with lines of at most 3 bytes',
    async (text) => {
      const expected = text.replace(BOM, '').trimEnd().replaceAll('\r', '').split('\n');
      expect(await linesOf([text], { maxLineBytes: 3 })).toEqual(expected);
      expect(
        await linesOf(
          [...Buffer.from(text)].map((b) => Uint8Array.of(b)),
          { maxLineBytes: 3 },
        ),
      ).toEqual(expected);
    },
  );

  it('refuses an endless line by default after 64 MiB and ends the stream', async () => {
    let given = 0;
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (const chunk = new Uint8Array(2 ** 20).fill(0x61); ; given++) yield chunk;
      } finally {
        ended = true;
      }
    }
    const run = async () => {
      for await (const _ of readLines(endless()));
    };
    expect(await messageOf(FormatError, run)).toBe(
      'input, line 1: expected at most 67108864 bytes but received more',
    );
    expect(given).toBe(64);
    expect(ended).toBe(true);
  });

  it('refuses text instead of bytes, and limits out of range', async () => {
    const text = streamOf(['a'] as unknown as Uint8Array[]);
    await messageOf(ArgumentError, () => readLines(text).next());
    for (const maxLineBytes of [0, -1, 1.5, NaN, 2 ** 40]) {
      await messageOf(ArgumentError, () => readLines(streamOf([]), { maxLineBytes }).next());
    }
  });
});
