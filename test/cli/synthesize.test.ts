/** `synthetic-attention convert --synthesize`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { tradeOffChart } from '../../lib/cli/trade_off_chart.js';
import { tradeOffTable } from '../../lib/cli/trade_off_table.js';
import { Encoder } from '../../lib/models/encoder.js';
import { ensureBuilt, run } from '../support/command.js';
import { goldenPath, readGolden } from '../support/golden.js';

const model = goldenPath('tiny_bert');
const TEXTS = readGolden<{ texts: { text: string }[] }>('tiny_bert.json')
  .texts.map(({ text }) => text.replaceAll(/[\r\n]/g, ' '))
  .filter((text) => text.trim() !== '');

let folder: string;
let output: string;
let input: string;
beforeAll(ensureBuilt);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
  output = join(folder, 'synthesized');
  input = join(folder, 'texts.txt');
  writeFileSync(input, `${TEXTS.join('\n')}\n\n${TEXTS.join('\n')}\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

const synthesize = (...options: string[]) =>
  run(['convert', '--model', model, '--output', output, '--synthesize', ...options]);

describe('convert --synthesize', () => {
  it('writes a model, and what it costs and brings', async () => {
    const { status, stdout, stderr } = await synthesize('--input', input, '--heads', '9,3');
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^replaced 3 of 12 heads by tables from \d+ texts \(of up to \d+ tokens\), measured on \d+ others -> /,
      ),
    ]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe('| static heads | cosine, mean | cosine, 1st percentile | speed | tokens/s |');
    expect(lines[2]).toMatch(/^\| 9 of 12 \| 0\.\d{4} \| -?0\.\d{4} \| \d+\.\d\d x \| [\d,]+ \|$/);
    expect(lines[3]).toMatch(/^\| 3 of 12 \| /);
    const result = JSON.parse(readFileSync(join(output, 'synthesis.json'), 'utf8'));
    expect([result.heads, result.measures.length, result.points.length]).toEqual([12, 12, 2]);
    expect(readFileSync(join(output, 'synthesis.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    using encoder = await Encoder.load(output);
    expect((await encoder.encode('a river')).shape).toEqual([48]);
  });

  it('reads so many texts, of standard input too, and can do with other measures', async () => {
    const { status, stderr } = await run(
      [
        'convert',
        '--model',
        model,
        '--output',
        output,
        '--synthesize',
        '--input',
        '-',
        '--texts',
        '15',
      ].concat([
        '--share',
        '0.5',
        '--calibration',
        'likelihood',
        '--ranking',
        'divergence',
        '--dtype',
        'int8',
      ]),
      TEXTS.join('\n'),
    );
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('replaced 6 of 12 heads by tables from 12 texts'),
    ]);
    using encoder = await Encoder.load(output, { dtype: 'int8' });
    expect(encoder.dimensions).toBe(48);
  });

  it.each<[string, string[], string]>([
    ['no input', ['--synthesize'], '--input: expected texts for --synthesize but received none'],
    ['an input alone', ['--input', 'x'], '--input: expected --synthesize beside it'],
    ['a share alone', ['--share', '0.5'], '--share: expected --synthesize beside it'],
    [
      'heads and shares',
      ['--synthesize', '--heads', '1', '--share', '0.5'],
      '--heads: expected either it or --share',
    ],
    ['heads that are none', ['--synthesize', '--heads', '1,x'], '--heads: expected positive integers'],
    [
      'a share above all',
      ['--synthesize', '--share', '1.5'],
      '--share: expected numbers above 0 and at most 1',
    ],
    ['no texts', ['--synthesize', '--texts', '0'], '--texts: expected a positive integer'],
    [
      'another calibration',
      ['--synthesize', '--calibration', 'x'],
      '--calibration: expected mean-logits, mean-attention or likelihood',
    ],
    [
      'another ranking',
      ['--synthesize', '--ranking', 'x'],
      '--ranking: expected effect, divergence or variance',
    ],
    [
      'an input that is not there',
      ['--synthesize', '--input', 'nowhere'],
      'input nowhere: expected a readable file',
    ],
  ])('with %s fails in one sentence', async (_, options, message) => {
    const { status, stdout, stderr } = await run([
      'convert',
      '--model',
      model,
      '--output',
      output,
      ...options,
    ]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^synthetic-attention: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(readdirSync(folder)).toEqual(['texts.txt']);
  });

  it('with more heads than there are fails in one sentence', async () => {
    const { status, stderr } = await synthesize('--input', input, '--heads', '13');
    expect([status, stderr]).toEqual([
      1,
      'synthetic-attention: heads: expected integers from 1 to 12 but received 13\n',
    ]);
    expect(readdirSync(folder)).toEqual(['texts.txt']);
  });
});

describe('the report', () => {
  const point = (heads: number, meanCosine: number, speedup: number) => ({
    heads,
    meanCosine,
    lowCosine: meanCosine - 0.1,
    speedup,
    tokensPerSecond: 12345.6,
  });
  const synthesis = {
    heads: 72,
    texts: 1,
    heldOut: 1,
    longest: 9,
    measures: [],
    points: [point(36, 0.95, 1.1), point(18, 0.99, 1.05)],
  };

  it('has a row a model', () => {
    expect(tradeOffTable(synthesis).split('\n').slice(2)).toEqual([
      '| 36 of 72 | 0.9500 | 0.8500 | 1.10 x | 12,346 |',
      '| 18 of 72 | 0.9900 | 0.8900 | 1.05 x | 12,346 |',
      '',
    ]);
  });

  it('has a plot in the order of heads, from the original on', () => {
    const svg = tradeOffChart(synthesis);
    expect([...svg.matchAll(/<path class="line (\w+)" d="([^"]+)"/g)].map((m) => m[1])).toEqual([
      'cosine',
      'low',
      'speed',
    ]);
    const path = /<path class="line cosine" d="M([^"]+)"/.exec(svg)![1]!;
    const points = path.split('L').map((pair) => pair.split(' ').map(Number));
    expect(points.map(([x]) => x)).toEqual([60, 210, 360]);
    // The original has cosine 1, at the top; less is lower.
    expect(points[0]![1]).toBe(60);
    expect(points[2]![1]!).toBeGreaterThan(points[1]![1]!);
    expect(svg).not.toContain('NaN');
  });

  it('of models that lose nothing has finite places too', () => {
    const same = { ...point(72, 1, 1), lowCosine: 1 };
    expect(tradeOffChart({ ...synthesis, points: [same] })).not.toMatch(/NaN|Infinity/);
  });
});
