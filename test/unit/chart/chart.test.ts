/** What all charts are drawn with, and that no other file draws one from nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { escapeXml, opening, scale, spread, stepOf, text } from '../../../lib/chart/chart.mjs';
import { root } from '../../support/command.js';

it('a scale turns values into tenths of pixels, downwards as well', () => {
  const up = scale(10, 20, 300, 100);
  expect([up(10), up(15), up(20), up(13.333)]).toEqual([300, 200, 100, 233.3]);
  expect(scale(5, 5, 0, 100)(5)).toBe(0);
});

it.each([
  [8, 8, 1],
  [9, 8, 2],
  [333, 8, 50],
  [0.0371, 8, 0.005],
  [600, 6, 100],
])('the step over %s in at most %s steps is %s', (span, most, step) => {
  expect(stepOf(span, most)).toBeCloseTo(step, 12);
});

it('places that are too near are moved apart around their middle, within the bounds', () => {
  expect(spread([50, 10, 51], 16, 0, 100)).toEqual([42.5, 10, 58.5]);
  expect(spread([99, 100], 16, 0, 100)).toEqual([84, 100]);
});

it('texts cannot end the element or the attribute that they stand in', () => {
  expect(escapeXml('<a href="x">&')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;');
  expect(text(1, 2, '<', 'end')).toBe('<text x="1" y="2" text-anchor="end">&lt;</text>');
  expect(opening({ width: 3, height: 4 }, '"')).toContain(
    'viewBox="0 0 3 4" role="img" aria-label="&quot;">',
  );
});

it('one module begins pictures', () => {
  const found = ['lib', 'bench', 'scripts'].flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[])
      .filter((file) => /\.(?:ts|mjs)$/.test(file) && !file.includes('node_modules'))
      .map((file) => join(folder, file).replaceAll('\\', '/'))
      .filter((file) => readFileSync(join(root, file), 'utf8').includes('<svg')),
  );
  expect(found).toEqual(['lib/chart/chart.mjs']);
});
