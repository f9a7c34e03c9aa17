/** loadTransformer of the addon with arguments that no layer above would pass: one error, no memory touched. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DTypeCode } from '../../../lib/native/program.js';
import { addon } from '../../../lib/native/load.js';

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
const linear = (out: number, columns: number) => ({ weight: tensor(out * columns), bias: tensor(out) });
const norm = (columns: number) => ({ gamma: tensor(columns), beta: tensor(columns) });

/** Hidden 4 in 2 heads, inner 3, 5 words of 2 columns, 6 positions; every score function once. */
const model = () => ({
  paths: [path],
  config: {
    hidden: 4,
    heads: 2,
    intermediate: 3,
    vocabulary: 5,
    positions: 6,
    epsilon: 1e-5,
    activation: 2,
    gated: true,
    preNorm: false,
    quantize: false,
  },
  embeddings: {
    size: 2,
    words: { ...tensor(10), dtype: DTypeCode.I8, scalesBegin: 64 },
    positions: tensor(12),
    tokenType: tensor(2),
    norm: norm(2),
    projection: linear(4, 2),
  },
  rotary: [{ size: 2, theta: 10000, divisor: 1 }],
  layers: [
    {
      attention: {
        groups: [
          {
            heads: 2,
            scores: [
              { kind: 'dot', weight: 1, query: linear(4, 4), key: linear(4, 4) },
              { kind: 'random', weight: 1, length: 6, matrix: tensor(72) },
              {
                kind: 'factorized',
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
                depth: 3,
                shared: false,
                hidden: linear(6, 4),
                output: tensor(36),
                bias: tensor(12),
              },
              {
                kind: 'outer',
                weight: 1,
                length: 6,
                depth: 3,
                tile: 2,
                shared: true,
                hidden: linear(6, 4),
                output: tensor(15),
                bias: tensor(5),
              },
              {
                kind: 'relative',
                weight: 1,
                buckets: 4,
                index: new Int32Array(11),
                table: tensor(8),
              },
            ],
          },
        ],
        value: linear(4, 4),
        before: -1,
        after: -1,
      },
      attentionOutput: linear(4, 4),
      attentionNorm: norm(4),
      up: linear(3, 4),
      gate: linear(3, 4),
      down: linear(4, 3),
      outputNorm: norm(4),
      rotary: 0,
    },
  ],
  order: Int32Array.of(0, 0),
  finalNorm: norm(4),
});

type Node = Record<string, unknown>;

/** The model with one value another: where it stands, keys with dots between them. */
function changed(place: string, value: unknown): unknown {
  const options = model();
  const keys = place.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce<Node>((node, key) => node[key] as Node, options as unknown as Node);
  parent[last] = value;
  return options;
}

const GROUPS = 'layers.0.attention.groups';
const SCORES = `${GROUPS}.0.scores`;
const integer = 'expected an integer from';
const object = 'options: expected an object but received';
/** A tensor in each place has its elements counted. */
const COUNTS: readonly [string, string, number][] = [
  ['embeddings.words', 'words', 10],
  ['embeddings.positions', 'positions', 12],
  ['embeddings.tokenType', 'tokenType', 2],
  ['embeddings.norm.gamma', 'gamma', 2],
  ['embeddings.norm.beta', 'beta', 2],
  ['embeddings.projection.weight', 'weight', 8],
  ['embeddings.projection.bias', 'bias', 4],
  [`${SCORES}.0.query.weight`, 'weight', 16],
  [`${SCORES}.0.key.bias`, 'bias', 4],
  [`${SCORES}.1.matrix`, 'matrix', 72],
  [`${SCORES}.2.left`, 'left', 24],
  [`${SCORES}.2.right`, 'right', 24],
  [`${SCORES}.3.hidden.weight`, 'weight', 24],
  [`${SCORES}.3.output`, 'output', 36],
  [`${SCORES}.3.bias`, 'bias', 12],
  [`${SCORES}.4.hidden.bias`, 'bias', 6],
  [`${SCORES}.4.output`, 'output', 15],
  [`${SCORES}.4.bias`, 'bias', 5],
  [`${SCORES}.5.table`, 'table', 8],
  ['layers.0.attention.value.weight', 'weight', 16],
  ['layers.0.attentionOutput.weight', 'weight', 16],
  ['layers.0.attentionNorm.gamma', 'gamma', 4],
  ['layers.0.up.weight', 'weight', 12],
  ['layers.0.gate.weight', 'weight', 12],
  ['layers.0.down.weight', 'weight', 12],
  ['layers.0.outputNorm.beta', 'beta', 4],
  ['finalNorm.gamma', 'gamma', 4],
];

describe('loadTransformer', () => {
  it('takes what is right', () => {
    expect(native.loadTransformer!(model())).toMatchObject({ dispose: expect.any(Function) });
  });

  it.each(COUNTS)('refuses another number of elements of %s', (place, name, count) => {
    expect(() => native.loadTransformer!(changed(`${place}.count`, count + 1))).toThrow(
      `${name}: expected ${count} elements but received ${count + 1}`,
    );
  });

  it.each<[string, unknown, string]>([
    ['paths', 'weights', 'paths: expected an array of one or more strings but received a string'],
    ['paths', [], 'paths: expected an array of one or more strings'],
    ['paths.0', 7, 'paths: expected an array of one or more strings'],
    ['config', undefined, `${object} undefined`],
    ['config.hidden', 0, `hidden: ${integer} 1`],
    ['config.hidden', 2 ** 24 + 1, `hidden: ${integer} 1 to 16777216`],
    ['config.heads', 3, 'config.heads: expected a divisor of the hidden size 4 but received 3'],
    ['config.heads', 0, `heads: ${integer} 1`],
    ['config.intermediate', 1.5, `intermediate: ${integer} 1`],
    ['config.vocabulary', 0, `vocabulary: ${integer} 1`],
    ['config.positions', -1, `positions: ${integer} 1`],
    ['config.epsilon', Number.NaN, 'epsilon: expected a finite number'],
    ['config.activation', 5, `activation: ${integer} 0 to 4 but received 5`],
    ['config.gated', 1, 'gated: expected a boolean but received 1'],
    ['config.preNorm', null, 'preNorm: expected a boolean but received null'],
    ['config.quantize', 'int8', 'quantize: expected a boolean but received a string'],
    ['embeddings', null, `${object} null`],
    ['embeddings.size', 0, `size: ${integer} 1`],
    ['embeddings.words', undefined, `${object} undefined`],
    ['embeddings.words.begin', -4, `begin: ${integer} 0`],
    ['embeddings.words.file', 1, `file: ${integer} 0 to 0 but received 1`],
    ['embeddings.words.dtype', 4, `dtype: ${integer} 0 to 3 but received 4`],
    ['embeddings.words.scalesBegin', undefined, `scalesBegin: ${integer} 0`],
    ['embeddings.positions', 7, `${object} 7`],
    ['embeddings.norm.gamma', undefined, `${object} undefined`],
    ['embeddings.projection', undefined, `${object} undefined`],
    ['rotary', undefined, 'rotary: expected an array of at most 65536 objects but received undefined'],
    ['rotary.0', 2, `${object} 2`],
    ['rotary.0.size', 4, `size: ${integer} 2 to 2 but received 4`],
    ['rotary.0.theta', 0, 'rotary.theta: expected a positive number but received 0'],
    ['rotary.0.divisor', -1, 'rotary.divisor: expected a positive number but received -1'],
    ['layers', {}, 'layers: expected an array of at most 65536 objects but received an object'],
    ['layers', new Array(65537), 'layers: expected an array of at most 65536 objects'],
    ['layers.0', undefined, `${object} undefined`],
    ['layers.0.attention', undefined, `${object} undefined`],
    ['layers.0.attention.before', -2, `before: ${integer} -1`],
    ['layers.0.attention.after', 0.5, `after: ${integer} -1`],
    ['layers.0.attention.value', undefined, `${object} undefined`],
    [GROUPS, undefined, 'groups: expected an array of at most 65536 objects but received undefined'],
    [GROUPS, [], 'groups: expected groups of 2 heads in all but received 0'],
    [`${GROUPS}.0`, 7, `${object} 7`],
    [`${GROUPS}.0.heads`, 0, `heads: ${integer} 1 to 2 but received 0`],
    [`${GROUPS}.0.heads`, 3, `heads: ${integer} 1 to 2 but received 3`],
    // The sizes are those of the group's heads.
    [`${GROUPS}.0.heads`, 1, 'weight: expected 8 elements but received 16'],
    [SCORES, [], 'scores: expected 1 to 8 of them but received 0'],
    [
      SCORES,
      new Array(9).fill(model().layers[0]!.attention.groups[0]!.scores[0]),
      'scores: expected 1 to 8 of them',
    ],
    [`${SCORES}.0.kind`, 6, `kind: ${integer} 0 to 5 but received 6`],
    [`${SCORES}.0.weight`, Number.POSITIVE_INFINITY, 'weight: expected a finite number'],
    [`${SCORES}.0.query`, undefined, `${object} undefined`],
    [`${SCORES}.0.key`, undefined, `${object} undefined`],
    [`${SCORES}.1.length`, 5, `length: ${integer} 6 to 65536 but received 5`],
    [`${SCORES}.1.length`, 65537, `length: ${integer} 6 to 65536`],
    [`${SCORES}.2.depth`, 0, `depth: ${integer} 1`],
    [`${SCORES}.3.shared`, undefined, 'shared: expected a boolean but received undefined'],
    [`${SCORES}.3.hidden`, undefined, `${object} undefined`],
    [`${SCORES}.4.tile`, 4, 'tile: expected a divisor of 6 but received 4'],
    [`${SCORES}.4.tile`, 7, `tile: ${integer} 1 to 6 but received 7`],
    [`${SCORES}.5.buckets`, 0, `buckets: ${integer} 1`],
    [`${SCORES}.5.index`, new Int32Array(10), 'index: expected at least 11 elements but received 10'],
    [`${SCORES}.5.index`, new Int32Array(11).fill(4), 'index: expected buckets below 4 but received 4'],
    [`${SCORES}.5.index`, new Int32Array(11).fill(-1), 'index: expected buckets below 4 but received -1'],
    [`${SCORES}.5.index`, new Float32Array(11), 'index: expected an Int32Array'],
    ['layers.0.attentionOutput', undefined, `${object} undefined`],
    ['layers.0.attentionNorm', undefined, `${object} undefined`],
    ['layers.0.up', undefined, `${object} undefined`],
    ['layers.0.gate', undefined, `${object} undefined`],
    ['layers.0.down', undefined, `${object} undefined`],
    ['layers.0.outputNorm', undefined, `${object} undefined`],
    ['layers.0.rotary', 1, `rotary: ${integer} -1 to 0 but received 1`],
    [
      SCORES,
      model().layers[0]!.attention.groups[0]!.scores.slice(1),
      'rotary: expected -1 for attention without queries',
    ],
    ['order', [0], 'order: expected an Int32Array'],
    ['order', Int32Array.of(0, 1), 'order: expected indices of layers but received 1'],
    ['order', Int32Array.of(-1), 'order: expected indices of layers but received -1'],
    ['finalNorm', 3, `${object} 3`],
  ])('refuses %s as %p', (place, value, message) => {
    expect(() => native.loadTransformer!(changed(place, value))).toThrow(message);
    expect(() => native.loadTransformerAsync!(changed(place, value))).toThrow(message);
  });

  it.each([
    'embeddings.positions',
    'embeddings.tokenType',
    'embeddings.norm',
    'finalNorm',
    `${SCORES}.3.bias`,
  ])('may be without %s', (place) => {
    expect(native.loadTransformer!(changed(place, undefined))).toMatchObject({ bytes: expect.any(Number) });
    expect(native.loadTransformer!(changed(place, null))).toMatchObject({ bytes: expect.any(Number) });
  });

  it('refuses tensors and scales past the end of the file', () => {
    const message = (end: number) => `${path}: expected at least ${end} bytes but received ${BYTES}`;
    const load = (place: string, value: unknown) => () => native.loadTransformer!(changed(place, value));
    expect(load('finalNorm.gamma.begin', BYTES - 16)).not.toThrow();
    expect(load('finalNorm.gamma.begin', BYTES - 15)).toThrow(message(BYTES + 1));
    expect(load('finalNorm.gamma.begin', 2 ** 48)).toThrow(message(2 ** 48 + 16));
    expect(load('embeddings.words.scalesBegin', BYTES - 20)).not.toThrow();
    expect(load('embeddings.words.scalesBegin', BYTES - 19)).toThrow(message(BYTES + 1));
  });

  it('refuses a file that has become shorter, or is none', async () => {
    const short = join(folder, 'short');
    writeFileSync(short, new Uint8Array(BYTES));
    truncateSync(short, 100);
    const load = (file: string) => native.loadTransformerAsync!(changed('paths', [file])) as Promise<unknown>;
    await expect(load(short)).rejects.toThrow(/short: expected at least \d+ bytes but received 100$/);
    await expect(load(join(folder, 'none'))).rejects.toThrow('expected a readable weights file but received');
    await expect(load(folder)).rejects.toThrow('expected a readable weights file but received');
  });

  it('passes on what a getter throws', () => {
    const options = model();
    Object.defineProperty(options.layers[0]!.attention, 'value', {
      get() {
        throw new Error('from the getter');
      },
    });
    expect(() => native.loadTransformer!(options)).toThrow('from the getter');
  });
});
