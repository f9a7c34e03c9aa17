import { describe, expect, it } from '@jest/globals';
import { FormatError } from '../../../lib/errors.js';
import { parseSafetensorsHeader } from '../../../lib/formats/safetensors.js';
import { messageOf, ONE_SENTENCE } from './errors_of.js';
import { f32, headerBytes } from './safetensors_bytes.js';

function parse(header: unknown, dataLength: number) {
  const bytes = headerBytes(header);
  return parseSafetensorsHeader(bytes, 8 + bytes.byteLength + dataLength, 'm.safetensors');
}

async function refusal(header: unknown, dataLength: number): Promise<string> {
  const message = await messageOf(FormatError, () => parse(header, dataLength));
  expect(message).toMatch(ONE_SENTENCE);
  expect(message).toMatch(/^m\.safetensors/);
  return message;
}

const one = (entry: unknown) => ({ w: entry });

describe('parseSafetensorsHeader', () => {
  it('gives absolute offsets, shapes and metadata in the order of the header', () => {
    const header = { __metadata__: { format: 'pt' }, b: f32(8, 3), a: f32(0, 2), s: f32(20, 1) };
    const parsed = parse({ ...header, s: { dtype: 'F32', shape: [], data_offsets: [20, 24] } }, 24);
    const dataBegin = parsed.dataBegin;
    expect(parsed.fileSize).toBe(dataBegin + 24);
    expect({ ...parsed.metadata }).toEqual({ format: 'pt' });
    expect([...parsed.tensors.keys()]).toEqual(['b', 'a', 's']);
    expect(parsed.tensors.get('b')).toEqual({
      name: 'b',
      dtype: 'F32',
      shape: [3],
      begin: dataBegin + 8,
      end: dataBegin + 20,
    });
    expect(parsed.tensors.get('s')?.shape).toEqual([]);
  });

  it('takes an empty object, trailing spaces and white space between tokens', () => {
    expect(parse('{}', 0).tensors.size).toBe(0);
    expect(parse('{}      ', 0).dataBegin).toBe(16);
    expect(parse(JSON.stringify(one(f32(0, 1)), null, '\t \r\n'), 4).tensors.size).toBe(1);
  });

  it.each([
    ['F64', 64],
    ['F32', 32],
    ['F16', 16],
    ['BF16', 16],
    ['I64', 64],
    ['I32', 32],
    ['I16', 16],
    ['I8', 8],
    ['U64', 64],
    ['U32', 32],
    ['U16', 16],
    ['U8', 8],
    ['BOOL', 8],
    ['C64', 64],
    ['F8_E4M3', 8],
    ['F8_E4M3FNUZ', 8],
    ['F8_E5M2', 8],
    ['F8_E5M2FNUZ', 8],
    ['F8_E8M0', 8],
    ['F6_E2M3', 6],
    ['F6_E3M2', 6],
    ['F4', 4],
  ])('knows the size of %s: %d bits', async (dtype, bits) => {
    const entry = { dtype, shape: [2, 4], data_offsets: [0, bits] };
    expect(parse(one(entry), bits).tensors.get('w')?.dtype).toBe(dtype);
    expect(await refusal(one({ ...entry, data_offsets: [0, bits + 1] }), bits + 1)).toContain('fill');
  });

  it('refuses sub-byte types that do not fill whole bytes', async () => {
    expect(await refusal(one({ dtype: 'F4', shape: [3], data_offsets: [0, 2] }), 2)).toContain('F4');
  });

  it('keeps names that objects treat specially', () => {
    const text =
      '{"__metadata__":{"__proto__":"p","constructor":"c"},' +
      '"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},' +
      '"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}';
    const { metadata, tensors } = parse(text, 2);
    expect([...tensors.keys()]).toEqual(['__proto__', 'constructor']);
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
    expect(Object.getPrototypeOf(metadata)).toBeNull();
    expect(parse('{}', 0).metadata.toString).toBeUndefined();
  });

  it.each(['toString', '__proto__', 'F31', 'f32', ''])('refuses the unknown dtype %j', async (dtype) => {
    const message = await refusal(one({ ...f32(0, 1), dtype }), 4);
    expect(message).toBe(
      `m.safetensors, tensor "w", dtype: expected a dtype of the format but received ${JSON.stringify(dtype)}`,
    );
  });

  it.each([
    ['an empty header', '', 'an opening brace'],
    ['a leading space', ' {}', 'an opening brace'],
    ['an array', '[]', 'an opening brace'],
    ['half an object', '{', 'the end of the text'],
    ['text after the object', '{} x', 'nothing after the closing brace'],
    ['a NUL after the object', '{}\0', 'nothing after the closing brace'],
    ['a trailing comma', '{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},}', 'a key in quotes'],
    ['a missing colon', '{"w"{}}', 'a colon'],
    ['a missing comma', '{"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"v":1}', 'a comma'],
    ['an open string', '{"w', 'that ends'],
    ['a string open behind a backslash', '{"w\\', 'that ends'],
    ['a raw line feed in a string', '{"a\nb":1}', 'control characters'],
    ['a bad escape', '{"\\x":1}', 'valid escapes'],
    ['half of a surrogate pair', '{"\\ud800":1}', 'Unicode'],
    ['a tensor that is an array', '{"w":["U8",[1],[0,1]]}', 'a JSON object'],
    ['a tensor that is null', '{"w":null}', 'a JSON object'],
    ['deep nesting', `{"w":${'['.repeat(100_000)}`, 'a JSON object'],
  ])('refuses %s', async (_, text, part) => {
    expect(await refusal(text, 0)).toContain(part);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const bytes = Uint8Array.from([...Buffer.from('{"'), 0xff, ...Buffer.from('":{}}')]);
    const run = () => parseSafetensorsHeader(bytes, 8 + bytes.length, 'm.safetensors');
    expect(await messageOf(FormatError, run)).toContain('UTF-8');
  });

  it.each([
    ['a tensor', '{"w":ENTRY,"w":ENTRY}', '"w" twice'],
    ['a tensor by another spelling', '{"w":ENTRY,"\\u0077":ENTRY}', '"w" twice'],
    ['__metadata__', '{"__metadata__":{},"__metadata__":{}}', '"__metadata__" twice'],
    ['a key of the metadata', '{"__metadata__":{"k":"1","k":"2"}}', '__metadata__: expected every key once'],
    [
      'a key of a tensor',
      '{"w":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}',
      'tensor "w": expected every key once',
    ],
  ])('refuses %s given twice', async (_, text, part) => {
    const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
    expect(await refusal(text.replaceAll('ENTRY', entry), 0)).toContain(part);
  });

  it.each([null, 'x', ['a'], { k: 1 }, { k: null }, { k: {} }])(
    'refuses the metadata %j',
    async (metadata) => {
      expect(await refusal({ __metadata__: metadata }, 0)).toContain('m.safetensors, __metadata__: expected');
    },
  );

  it.each(['dtype', 'shape', 'data_offsets'] as const)('refuses a tensor without %s', async (key) => {
    const entry: Record<string, unknown> = { ...f32(0, 1) };
    delete entry[key];
    expect(await refusal(one(entry), 4)).toBe(
      `m.safetensors, tensor "w": expected dtype, shape and data_offsets but received no ${key}`,
    );
  });

  it('refuses a tensor with another key', async () => {
    expect(await refusal(one({ ...f32(0, 1), stride: [1] }), 4)).toContain('only but received "stride"');
  });

  it.each([['1'], [1.5], [-1], [2 ** 53], [1e300], [null], [[1]]])('refuses the size %j', async (...size) => {
    expect(await refusal(one({ ...f32(0, 1), shape: size }), 4)).toContain('tensor "w", shape: expected');
  });

  it.each(['1.0', '1e0', '01', '-0', '9007199254740992', '1'.repeat(1_000_000), ''])(
    'refuses a size spelt otherwise than as a safe integer (%#)',
    async (size) => {
      const text = `{"w":{"dtype":"U8","shape":[1,${size}],"data_offsets":[0,1]}}`;
      expect(await refusal(text, 1)).toContain('a non-negative safe integer');
    },
  );

  it.each([5, '4', { 0: 4 }, null])('refuses the shape %j', async (shape) => {
    expect(await refusal(one({ ...f32(0, 1), shape }), 4)).toContain('shape: expected an array of');
  });

  it('refuses a shape that is not closed', async () => {
    expect(await refusal('{"w":{"shape":[1 2]}}', 4)).toContain('shape: expected an array of');
  });

  it.each([[[0]], [[0, 4, 4]], [[]], [[4, 0]], [[0, 5]], [[4, 8]], [[0, 2 ** 53 - 1]]])(
    'refuses the offsets %j in 4 bytes of data',
    async (offsets) => {
      const message = await refusal(one({ ...f32(0, 1), data_offsets: offsets }), 4);
      expect(message).toContain('tensor "w", data_offsets: expected [begin, end] with begin <= end <= 4');
    },
  );

  it('refuses a shape that does not fill the bytes', async () => {
    expect(await refusal(one({ ...f32(0, 2), shape: [3] }), 8)).toBe(
      'm.safetensors, tensor "w": expected a shape and dtype that fill 8 bytes but received F32 of shape [3]',
    );
  });

  it.each([
    [[2 ** 52, 2 ** 12]],
    [[2 ** 32, 2 ** 32]],
    [[2 ** 53 - 1, 2 ** 53 - 1, 0]],
    [[2 ** 51]],
    [Array(2000).fill(2)],
  ])('refuses a product of sizes that overflows (%#)', async (shape) => {
    // 2^64 is 0 in 64-bit arithmetic, and Infinity * 0 is NaN in floating point.
    expect(await refusal(one({ dtype: 'F32', shape, data_offsets: [0, 0] }), 0)).toContain('fill 0 bytes');
  });

  it('takes a zero before sizes that would overflow, as the reference implementation does', () => {
    const entry = { dtype: 'F32', shape: [0, 2 ** 53 - 1, 2 ** 53 - 1], data_offsets: [0, 0] };
    expect(parse(one(entry), 0).tensors.size).toBe(1);
  });

  it('refuses an overlap, a hole, a hole at the start and data behind the last tensor', async () => {
    expect(await refusal({ a: f32(0, 2), b: f32(4, 2) }, 12)).toContain('(an overlap)');
    expect(await refusal({ a: f32(0, 2), b: f32(0, 2) }, 8)).toContain('(an overlap)');
    expect(await refusal({ a: f32(0, 1), b: f32(8, 1) }, 12)).toContain('(a hole)');
    expect(await refusal({ a: f32(4, 1) }, 8)).toContain('(a hole)');
    expect(await refusal({ a: f32(0, 1) }, 5)).toContain('tensors that end with the file');
    expect(await refusal({}, 1)).toContain('tensors that end with the file');
  });

  it('takes tensors without elements at the borders of others, in any order, but not within one', async () => {
    const header = { z: f32(4, 0), b: f32(4, 1), a: f32(0, 1), y: f32(8, 0), x: f32(0, 0), x2: f32(0, 0) };
    expect(parse(header, 8).tensors.size).toBe(6);
    expect(await refusal({ a: f32(0, 2), z: f32(4, 0) }, 8)).toContain('tensor "z"');
  });

  it('shortens and escapes hostile names', async () => {
    const message = await refusal({ [`\u001b[2J\u202e\u009b${'n'.repeat(10_000)}`]: 1 }, 0);
    expect(message.length).toBeLessThan(300);
    expect(message).toContain('\\u001b[2J\\u202e\\u009bnnn');
    expect(message).not.toMatch(/\p{C}/u);
  });

  it('refuses a header above the limit of the format or longer than the file', async () => {
    const long = new Uint8Array(100_000_001);
    const run = () => parseSafetensorsHeader(long, 2 ** 40, 'm.safetensors');
    expect(await messageOf(FormatError, run)).toBe(
      'm.safetensors, header length: expected at most 100000000 bytes (the limit of the format) but received 100000001',
    );
    const short = () => parseSafetensorsHeader(headerBytes('{}'), 9, 'm.safetensors');
    expect(await messageOf(FormatError, short)).toContain('at most 1 bytes (what the file holds)');
  });
});
