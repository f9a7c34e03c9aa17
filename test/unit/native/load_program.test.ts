/** loadProgram of the addon with arguments that no layer above would pass: one error, no memory touched. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addon } from '../../../lib/native/load.js';
import { DTypeCode } from '../../../lib/native/program.js';

const native = addon() as unknown as Record<string, (options: unknown) => unknown>;

const BYTES = 4096;
let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  path = join(folder, 'weights');
  writeFileSync(path, new Uint8Array(BYTES));
});
afterAll(() => rmSync(folder, { recursive: true }));

const tensor = (count: number) => ({ begin: 0, count, dtype: DTypeCode.F32 });
const part = (columns: number, inputs: number) => ({
  columns,
  weight: tensor(columns * inputs),
  bias: tensor(columns),
});
const [X, EMBEDDED, PROJECTIONS, HIDDEN, FACTORS, CONTEXT, INNER] = [0, 1, 2, 3, 4, 5, 6] as const;

/** Rows of 4 in 2 heads, 5 words of 2 columns, 6 positions; every operation and every score function once. */
const program = () => ({
  paths: [path],
  vocabulary: 5,
  positions: 6,
  //                       x  embedded  projections  hidden  factors  context  inner
  buffers: Int32Array.of(4, 2, 12, 12, 10, 4, 6),
  rotary: [{ size: 2, theta: 10000, divisor: 1 }],
  operations: [
    {
      name: 'embed',
      out: { buffer: EMBEDDED },
      words: { ...tensor(10), dtype: DTypeCode.I8, scalesBegin: 64 },
      positions: tensor(12),
      tokenType: tensor(2),
      int8: false,
    },
    { name: 'linear', in: { buffer: EMBEDDED }, out: { buffer: X }, parts: [part(4, 2)], int8: true },
    {
      name: 'linear',
      in: { buffer: X },
      out: { buffer: PROJECTIONS },
      parts: [part(4, 4), part(4, 4), part(4, 4)],
    },
    { name: 'linear', in: { buffer: X }, out: { buffer: HIDDEN }, activation: 1, parts: [part(12, 4)] },
    {
      name: 'headLinear',
      heads: 2,
      shared: true,
      in: { buffer: HIDDEN, first: 6, count: 6 },
      out: { buffer: FACTORS },
      output: tensor(15),
      bias: tensor(5),
    },
    {
      name: 'norm',
      kind: 'rms',
      groups: 2,
      epsilon: 1e-6,
      in: { buffer: PROJECTIONS, first: 4, count: 4 },
      out: { buffer: PROJECTIONS, first: 4, count: 4 },
      gamma: tensor(2),
    },
    { name: 'rotary', table: 0, heads: 4, rows: { buffer: PROJECTIONS, count: 8 } },
    {
      name: 'attention',
      heads: 2,
      kvHeads: 2,
      value: { buffer: PROJECTIONS, first: 8, count: 4 },
      out: { buffer: CONTEXT },
      before: -1,
      after: -1,
      groups: [
        {
          heads: 2,
          scores: [
            {
              kind: 'dot-product',
              weight: 1,
              queries: { buffer: PROJECTIONS, first: 0, count: 4 },
              keys: { buffer: PROJECTIONS, first: 4, count: 4 },
            },
            { kind: 'random', weight: 1, length: 6, matrix: tensor(72) },
            {
              kind: 'factorized-random',
              weight: 1,
              length: 6,
              depth: 2,
              left: tensor(24),
              right: tensor(24),
            },
            {
              kind: 'dense',
              weight: 1,
              length: 6,
              shared: false,
              hidden: { buffer: HIDDEN, first: 0, count: 6 },
              output: tensor(36),
              bias: tensor(12),
            },
            { kind: 'factorized-dense', weight: 1, length: 6, tile: 2, factors: { buffer: FACTORS } },
            { kind: 'relative', weight: 1, buckets: 4, index: new Int32Array(11), table: tensor(8) },
          ],
        },
      ],
    },
    { name: 'linear', in: { buffer: CONTEXT }, out: { buffer: INNER }, parts: [part(3, 4), part(3, 4)] },
    { name: 'glu', activation: 2, rows: { buffer: INNER } },
    {
      name: 'linear',
      in: { buffer: INNER, count: 3 },
      out: { buffer: CONTEXT },
      residual: { buffer: X },
      parts: [part(4, 3)],
    },
    {
      name: 'norm',
      kind: 'layer',
      epsilon: 1e-5,
      in: { buffer: CONTEXT },
      out: { buffer: X },
      gamma: tensor(4),
      beta: tensor(4),
    },
  ],
  // All but the embedding come twice.
  order: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
  result: X,
});

type Node = Record<string, unknown>;

/** The program with one value another: where it stands, keys with dots between them. */
function changed(place: string, value: unknown): unknown {
  const options = program();
  const keys = place.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce<Node>((node, key) => node[key] as Node, options as unknown as Node);
  parent[last] = value;
  return options;
}

const EMBED = 'operations.0';
const STACK = 'operations.2';
const HEADS = 'operations.4';
const HEAD_NORM = 'operations.5';
const ROTARY = 'operations.6';
const ATTENTION = 'operations.7';
const GLU = 'operations.9';
const DOWN = 'operations.10';
const NORM = 'operations.11';
const SCORES = `${ATTENTION}.groups.0.scores`;
const integer = 'expected an integer from';
const object = 'options: expected an object but received';
/** A tensor in each place has its elements counted. */
const COUNTS: readonly [string, string, number][] = [
  [`${EMBED}.words`, 'words', 10],
  [`${EMBED}.positions`, 'positions', 12],
  [`${EMBED}.tokenType`, 'tokenType', 2],
  [`${STACK}.parts.0.weight`, 'weight', 16],
  [`${STACK}.parts.2.bias`, 'bias', 4],
  [`${HEADS}.output`, 'output', 15],
  [`${HEADS}.bias`, 'bias', 5],
  [`${HEAD_NORM}.gamma`, 'gamma', 2],
  [`${SCORES}.1.matrix`, 'matrix', 72],
  [`${SCORES}.2.left`, 'left', 24],
  [`${SCORES}.2.right`, 'right', 24],
  [`${SCORES}.3.output`, 'output', 36],
  [`${SCORES}.3.bias`, 'bias', 12],
  [`${SCORES}.5.table`, 'table', 8],
  [`${DOWN}.parts.0.weight`, 'weight', 12],
  [`${NORM}.gamma`, 'gamma', 4],
  [`${NORM}.beta`, 'beta', 4],
];

describe('loadProgram', () => {
  it('takes what is right', () => {
    expect(native.loadProgram!(program())).toMatchObject({ dispose: expect.any(Function) });
  });

  it.each(COUNTS)('refuses another number of elements of %s', (place, name, count) => {
    expect(() => native.loadProgram!(changed(`${place}.count`, count + 1))).toThrow(
      `${name}: expected ${count} elements but received ${count + 1}`,
    );
  });

  it.each<[string, unknown, string]>([
    ['paths', 'weights', 'paths: expected an array of one or more strings but received a string'],
    ['paths', [], 'paths: expected an array of one or more strings'],
    ['paths.0', 7, 'paths: expected an array of one or more strings'],
    ['vocabulary', 0, `vocabulary: ${integer} 1`],
    ['positions', -1, `positions: ${integer} 1`],
    ['positions', 2 ** 24 + 1, `positions: ${integer} 1 to 16777216`],
    ['buffers', [4], 'buffers: expected an Int32Array'],
    ['buffers', new Int32Array(0), 'buffers: expected one or more but received 0'],
    ['buffers', new Int32Array(257).fill(1), 'buffers: expected at most 256 elements but received 257'],
    ['buffers', Int32Array.of(4, 0), 'buffers: expected columns of buffers, from 1 on but received 0'],
    ['rotary', 2, 'rotary: expected an array of 0 to 64 objects but received 2'],
    ['rotary.0', 2, `${object} 2`],
    ['rotary.0.size', 3, 'rotary.size: expected an even number but received 3'],
    ['rotary.0.size', 4, 'table: expected one of at most 2 but received 4'],
    ['rotary.0.theta', 0, 'rotary.theta: expected a positive number but received 0'],
    ['rotary.0.divisor', -1, 'rotary.divisor: expected a positive number but received -1'],
    ['operations', {}, 'operations: expected an array of 0 to 65536 objects but received an object'],
    [
      'operations',
      new Array(65537),
      'operations: expected an array of 0 to 65536 objects but received 65537',
    ],
    ['operations.0', undefined, `${object} undefined`],
    ['operations.0.name', 'route', 'name: expected one of embed, linear, '],
    ['operations.0.name', 7, 'name: expected a string'],
    [`${EMBED}.out`, undefined, `${object} undefined`],
    [`${EMBED}.out.buffer`, 7, `buffer: ${integer} 0 to 6 but received 7`],
    [`${EMBED}.out.first`, 2, `first: ${integer} 0 to 1 but received 2`],
    [`${EMBED}.out.count`, 3, `count: ${integer} 1 to 2 but received 3`],
    [`${EMBED}.words`, undefined, `${object} undefined`],
    [`${EMBED}.words.begin`, -4, `begin: ${integer} 0`],
    [`${EMBED}.words.file`, 1, `file: ${integer} 0 to 0 but received 1`],
    [`${EMBED}.words.dtype`, 4, `dtype: ${integer} 0 to 3 but received 4`],
    [`${EMBED}.words.scalesBegin`, undefined, `scalesBegin: ${integer} 0`],
    [`${EMBED}.positions`, 7, `${object} 7`],
    [`${EMBED}.int8`, 'yes', 'int8: expected a boolean but received a string'],
    [`${STACK}.parts`, undefined, 'parts: expected an array of 1 to 4096 objects but received undefined'],
    [`${STACK}.parts`, [], 'parts: expected an array of 1 to 4096 objects but received 0'],
    [`${STACK}.parts`, [part(4, 4)], 'parts: expected 12 columns in all but received 4'],
    [`${STACK}.parts.1.columns`, 0, `columns: ${integer} 1`],
    [`${STACK}.parts.1.weight`, undefined, `${object} undefined`],
    [`${STACK}.activation`, 5, `activation: ${integer} 0 to 4 but received 5`],
    [`${DOWN}.residual`, { buffer: PROJECTIONS }, 'residual: expected 4 columns but received 12'],
    [
      `${DOWN}.residual`,
      { buffer: PROJECTIONS, count: 4 },
      'residual: expected all columns of a buffer but received 4',
    ],
    [`${HEADS}.heads`, 0, `heads: ${integer} 1`],
    [`${HEADS}.heads`, 4, 'heads: expected a divisor of 6 and 10 but received 4'],
    [`${HEADS}.shared`, 1, 'shared: expected a boolean but received 1'],
    [`${NORM}.kind`, 'batch', 'kind: expected layer or rms but received batch'],
    [`${NORM}.epsilon`, Number.NaN, 'epsilon: expected a finite number'],
    [`${NORM}.out`, { buffer: PROJECTIONS }, 'out: expected 4 columns but received 12'],
    [`${HEAD_NORM}.groups`, 3, 'groups: expected a divisor of 4 but received 3'],
    [`${HEAD_NORM}.gamma`, undefined, `${object} undefined`],
    [`${HEAD_NORM}.out.first`, 0, 'out: expected the columns of `in`, or another buffer but received 0'],
    [`${ROTARY}.table`, 1, `table: ${integer} 0 to 0 but received 1`],
    [`${ROTARY}.heads`, 3, 'heads: expected a divisor of 8 but received 3'],
    [`${GLU}.rows`, { buffer: INNER, count: 4 }, 'rows: expected all columns, an even number of them'],
    [`${GLU}.activation`, -1, `activation: ${integer} 0 to 4 but received -1`],
    [`${ATTENTION}.heads`, 0, `heads: ${integer} 1`],
    [`${ATTENTION}.kvHeads`, 3, 'kvHeads: expected a divisor of 2 but received 3'],
    [`${ATTENTION}.value`, { buffer: PROJECTIONS, count: 3 }, 'value: expected a multiple of 2 columns'],
    [`${ATTENTION}.out`, { buffer: EMBEDDED }, 'out: expected 4 columns but received 2'],
    [`${ATTENTION}.before`, -2, `before: ${integer} -1`],
    [`${ATTENTION}.after`, 0.5, `after: ${integer} -1`],
    [`${ATTENTION}.groups`, undefined, 'groups: expected an array of 1 to 2 objects but received undefined'],
    [`${ATTENTION}.groups`, [], 'groups: expected an array of 1 to 2 objects but received 0'],
    [`${ATTENTION}.groups.0`, 7, `${object} 7`],
    [`${ATTENTION}.groups.0.heads`, 0, `heads: ${integer} 1 to 2 but received 0`],
    [`${ATTENTION}.groups.0.heads`, 3, `heads: ${integer} 1 to 2 but received 3`],
    // The sizes are those of the group's heads.
    [`${ATTENTION}.groups.0.heads`, 1, 'matrix: expected 36 elements but received 72'],
    [SCORES, [], 'scores: expected an array of 1 to 8 objects but received 0'],
    [SCORES, new Array(9).fill({}), 'scores: expected an array of 1 to 8 objects but received 9'],
    [`${SCORES}.0.kind`, 'cosine', 'kind: expected one of dot-product, random, '],
    [`${SCORES}.0.weight`, Number.POSITIVE_INFINITY, 'weight: expected a finite number'],
    [`${SCORES}.0.queries.count`, 3, 'queries: expected a multiple of 2 columns but received 3'],
    [`${SCORES}.0.keys.count`, 3, 'keys: expected 4 columns but received 3'],
    [`${SCORES}.1.length`, 5, `length: ${integer} 6 to 65536 but received 5`],
    [`${SCORES}.1.length`, 65537, `length: ${integer} 6 to 65536`],
    [`${SCORES}.2.depth`, 0, `depth: ${integer} 1`],
    [`${SCORES}.3.hidden`, undefined, `${object} undefined`],
    [`${SCORES}.3.hidden.count`, 5, 'hidden: expected a multiple of 2 columns but received 5'],
    [`${SCORES}.4.tile`, 4, 'tile: expected a divisor of 6 but received 4'],
    [`${SCORES}.4.tile`, 7, `tile: ${integer} 1 to 6 but received 7`],
    [`${SCORES}.4.factors`, { buffer: FACTORS, count: 9 }, 'factors: expected 10 columns but received 9'],
    [`${SCORES}.5.buckets`, 0, `buckets: ${integer} 1`],
    [`${SCORES}.5.index`, new Int32Array(10), 'index: expected 11 elements but received 10'],
    [`${SCORES}.5.index`, new Int32Array(12), 'index: expected at most 11 elements but received 12'],
    [`${SCORES}.5.index`, new Int32Array(11).fill(4), 'index: expected buckets below 4 but received 4'],
    [`${SCORES}.5.index`, new Int32Array(11).fill(-1), 'index: expected buckets below 4 but received -1'],
    [`${SCORES}.5.index`, new Float32Array(11), 'index: expected an Int32Array'],
    ['order', [0], 'order: expected an Int32Array'],
    ['order', Int32Array.of(0, 12), 'order: expected indices of operations but received 12'],
    ['order', Int32Array.of(-1), 'order: expected indices of operations but received -1'],
    ['result', 7, `result: ${integer} 0 to 6 but received 7`],
    // Operations that do not fit together.
    ['order', new Int32Array(0), 'operations: expected operations that write buffer 0 before it is read'],
    ['order', Int32Array.of(1), 'operations: expected operations that write buffer 1 before it is read'],
    [
      'order',
      Int32Array.of(0, 1, 2, 7),
      'operations: expected operations that write buffer 3 before it is read',
    ],
    [
      `${NORM}.out`,
      { buffer: PROJECTIONS, count: 4 },
      'operations: expected operations that write all columns of buffer 2 but received 4',
    ],
    [
      `${DOWN}.out`,
      { buffer: X },
      'operations: expected operations that write to other buffers than they read',
    ],
  ])('refuses %s as %p', (place, value, message) => {
    expect(() => native.loadProgram!(changed(place, value))).toThrow(message);
    expect(() => native.loadProgramAsync!(changed(place, value))).toThrow(message);
  });

  it.each([
    `${EMBED}.positions`,
    `${EMBED}.tokenType`,
    `${EMBED}.int8`,
    `${STACK}.parts.0.bias`,
    `${HEADS}.bias`,
    `${ATTENTION}.kvHeads`,
    `${ATTENTION}.before`,
    `${SCORES}.3.bias`,
    `${SCORES}.3.shared`,
    `${NORM}.beta`,
  ])('may be without %s', (place) => {
    expect(native.loadProgram!(changed(place, undefined))).toMatchObject({ bytes: expect.any(Number) });
    expect(native.loadProgram!(changed(place, null))).toMatchObject({ bytes: expect.any(Number) });
  });

  it('refuses tensors and scales past the end of the file', () => {
    const message = (end: number) => `${path}: expected at least ${end} bytes but received ${BYTES}`;
    const load = (place: string, value: unknown) => () => native.loadProgram!(changed(place, value));
    expect(load(`${NORM}.gamma.begin`, BYTES - 16)).not.toThrow();
    expect(load(`${NORM}.gamma.begin`, BYTES - 15)).toThrow(message(BYTES + 1));
    expect(load(`${NORM}.gamma.begin`, 2 ** 48)).toThrow(message(2 ** 48 + 16));
    expect(load(`${EMBED}.words.scalesBegin`, BYTES - 20)).not.toThrow();
    expect(load(`${EMBED}.words.scalesBegin`, BYTES - 19)).toThrow(message(BYTES + 1));
  });

  it('refuses a file that has become shorter, or is none', async () => {
    const short = join(folder, 'short');
    writeFileSync(short, new Uint8Array(BYTES));
    truncateSync(short, 100);
    const load = (file: string) => native.loadProgramAsync!(changed('paths', [file])) as Promise<unknown>;
    await expect(load(short)).rejects.toThrow(/short: expected at least \d+ bytes but received 100$/);
    await expect(load(join(folder, 'none'))).rejects.toThrow('expected a readable weights file but received');
    await expect(load(folder)).rejects.toThrow('expected a readable weights file but received');
  });

  it('passes on what a getter throws', () => {
    const options = program();
    Object.defineProperty(options.operations[7]!, 'value', {
      get() {
        throw new Error('from the getter');
      },
    });
    expect(() => native.loadProgram!(options)).toThrow('from the getter');
  });
});
