import { describe, expect, it } from '@jest/globals';
import { randomSource } from '../../../lib/layers/initializers.js';
import { MAX_DEPTH, MAX_PROPERTIES, parseBody } from '../../../lib/server/json_body.js';

interface Read {
  value: unknown;
  steps: number;
  /** Characters of the longest piece that was parsed in one go. */
  longest: number;
  /** Characters of all that was parsed. */
  parsed: number;
}

function read(json: string | Buffer): Read {
  const counts = { steps: 1, longest: 0, parsed: 0 };
  const steps = parseBody(Buffer.from(json as string), (text) => {
    counts.longest = Math.max(counts.longest, text.length);
    counts.parsed += text.length;
    return JSON.parse(text);
  });
  for (;;) {
    const step = steps.next();
    if (step.done) return { value: step.value, ...counts };
    counts.steps++;
  }
}

const outcome = (parse: () => unknown): unknown => {
  try {
    return { value: parse() };
  } catch {
    return 'no JSON';
  }
};

const same = (json: string): void => {
  const actual = outcome(() => read(json).value);
  const expected = outcome(() => JSON.parse(json));
  // A failure shows the text, however long it is.
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect([json, actual]).toEqual([json, expected]);
  expect(actual).toEqual(expected);
};

/** Random JSON whose large parts stand anywhere. */
function randomJson(random: () => number, depth: number): string {
  const space = () =>
    ['', '', ' ', '\n\t', ' '.repeat(random() < 0.05 ? 20_000 : 1)][Math.floor(random() * 5)]!;
  const text = () =>
    JSON.stringify(['a', '"', '\\', '[{,:', 'é\u2028😀', 'x'.repeat(9000)][Math.floor(random() * 6)]);
  const kind = random();
  if (depth === 0 || kind < 0.3)
    return [text(), '-1.5e3', 'null', 'true', '[]', '{ }'][Math.floor(random() * 6)]!;
  if (kind < 0.4) return `[${Array.from({ length: 9000 }, (_, i) => i).join(',')}]`;
  const items = Array.from({ length: Math.floor(random() * 6) }, (_, i) => {
    const value = `${space()}${randomJson(random, depth - 1)}${space()}`;
    return kind < 0.7 ? value : `${space()}${random() < 0.8 ? `"${i}"` : '"a"'}${space()}:${value}`;
  });
  return kind < 0.7 ? `[${items.join(',')}]` : `{${items.join(',')}}`;
}

describe('parseBody', () => {
  it('gives what JSON.parse gives, and refuses what it refuses', () => {
    const random = randomSource(11);
    for (let i = 0; i < 50; i++) {
      const json = randomJson(random, 4);
      same(json);
      // One character less, more or another: mostly no JSON.
      const at = Math.floor(random() * json.length);
      const mark = '[]{},:"0 -'[Math.floor(random() * 10)]!;
      same(json.slice(0, at) + json.slice(at + 1));
      same(json.slice(0, at) + mark + json.slice(at));
      same(json.slice(0, at) + mark + json.slice(at + 1));
    }
  });

  const big = `[${'1,'.repeat(20_000)}1]`;
  it.each([
    '',
    ' ',
    '"a"',
    '12',
    '1 2',
    `${big}`,
    ` ${big} `,
    `${big}]`,
    `${big},`,
    `${big}:`,
    `${big}0`,
    `${big}""`,
    `${big}${big}`,
    `,${big}`,
    `:${big}`,
    `1${big}`,
    `-${big}`,
    `[${big}${big}]`,
    `[${big},]`,
    `[,${big}]`,
    `[${big}1]`,
    `[1${big}]`,
    `[-${big}]`,
    `["a":${big}]`,
    `{"a":-${big}}`,
    `{"a":${big}}`,
    `{"a":${big} "b":1}`,
    `{"a":{} ${big}}`,
    `{${big}}`,
    `{"b":1,"a":${big},"b":2,"c":${big}}`,
    `{"a":${big},}`,
    `[${' '.repeat(40_000)}]`,
    `{${' '.repeat(40_000)}}`,
    `[1,${' '.repeat(40_000)}]`,
    `[1,${' '.repeat(40_000)},1]`,
    `[${big.slice(0, -1)}}`,
    big.slice(0, -1),
    `"${'\\"'.repeat(30_000)}"`,
    `["${'\\\\'.repeat(30_000)}",1]`,
    `[${'{},'.repeat(30_000)}{"a":[${'"é",'.repeat(9000)}null]}]`,
  ])('agrees with JSON.parse on text %#', (json) => {
    same(json);
  });

  it('does so much in one step and no more', () => {
    const flat = `{"inputs":[${'1,'.repeat(949_999)}1],"a":[${'[],'.repeat(30_000)}{}]}`;
    const { steps, longest, parsed } = read(flat);
    expect(longest).toBeLessThan(17_000);
    expect(steps).toBeGreaterThan(flat.length / 17_000);
    // No piece is parsed twice.
    expect(parsed).toBeLessThan(1.01 * flat.length);
    expect(read('{"inputs":["a","b"]}')).toMatchObject({ steps: 1, value: { inputs: ['a', 'b'] } });
  });

  it('leaves a byte order mark out, and reads bytes that are no UTF-8 as TextDecoder does', () => {
    expect(read(`\ufeff[${'1,'.repeat(20_000)}2]`).value).toHaveLength(20_001);
    const bytes = Buffer.concat([Buffer.from('["'), Buffer.from([0xff, 0xe2, 0x82]), Buffer.from('"]')]);
    expect(read(bytes).value).toEqual(['\ufffd\ufffd']);
  });

  it('refuses deep nesting and many properties before anything is parsed', () => {
    const parsed: string[] = [];
    const refuse = (json: string): unknown => {
      const steps = parseBody(Buffer.from(json), (text) => parsed.push(text));
      try {
        for (;;) if (steps.next().done) return undefined;
      } catch (error) {
        return error;
      }
    };
    const levels = (n: number) => '['.repeat(n) + ']'.repeat(n);
    const keys = (n: number) => `{${Array.from({ length: n }, (_, i) => `"${i}":1`).join(',')}}`;
    const deep = {
      kind: 'malformed',
      message: `body: expected at most ${MAX_DEPTH} levels of arrays and objects but received more`,
    };
    const many = {
      kind: 'malformed',
      message: `body: expected at most ${MAX_PROPERTIES} properties in all its objects but received more`,
    };
    expect(refuse(levels(MAX_DEPTH))).toBeUndefined();
    expect(refuse(keys(MAX_PROPERTIES))).toBeUndefined();
    expect(refuse(`["${'['.repeat(99)}","${':'.repeat(2000)}"]`)).toBeUndefined();
    parsed.length = 0;
    for (const json of [levels(MAX_DEPTH + 1), levels(900_000), '['.repeat(1_900_000), '[{"a":'.repeat(17)]) {
      expect(refuse(json)).toMatchObject(deep);
    }
    for (const json of [keys(MAX_PROPERTIES + 1), keys(150_000).slice(0, 30_000)]) {
      expect(refuse(json)).toMatchObject(many);
    }
    expect(parsed).toEqual([]);
  });
});
