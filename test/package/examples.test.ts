/** The example of docs/encoder_decoder.md runs as it says. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ensureBuilt, root } from '../support/command.js';

const example = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'docs/examples/dates/read_dates.mjs'), ...args], {
    encoding: 'utf8',
  });

describe('the dates', () => {
  beforeAll(ensureBuilt);

  it('are read in every way the model knows, texts of all lengths at once', () => {
    const dates = {
      '7 november 1989': '1989-11-07',
      'Jun 30, 2024': '2024-06-30',
      '21st of march 1999': '1999-03-21',
      'September 2nd 1950': '1950-09-02',
      '5.1.2030': '2030-01-05',
      'Sunday, 20 July 1969': '1969-07-20',
      'tue sep 11 2001': '2001-09-11',
      '2000/2/29': '2000-02-29',
      '1984, dec 31': '1984-12-31',
    };
    const { stdout, stderr } = example(...Object.keys(dates));
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => line.slice(-10))).toEqual(Object.values(dates));
  });

  it('show where the decoder looked', () => {
    const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-'));
    try {
      const page = join(folder, 'page.html');
      expect(example('--explain', page, '3rd of May 2021').status).toBe(0);
      expect(readFileSync(page, 'utf8')).toContain('decoder_0/cross_attention');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('are what the document says', () => {
    const [, shown] = /^```\n(3rd.*?)^```/ms.exec(
      readFileSync(join(root, 'docs/encoder_decoder.md'), 'utf8'),
    )!;
    expect(example().stdout).toBe(shown);
  });
});
