/** Scripts and styles of pages, as strings inside of the package. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { Explanation } from '../../lib/explain/explanation.js';
import { PLAYGROUND } from '../../lib/server/page/page.js';
import { inlined, keyOfInlined } from '../../scripts/build_ts/inline.mjs';
import { ensureBuilt, root } from '../support/command.js';
import { patterned } from '../support/explained.js';

const EXPLAIN = join(root, 'lib/explain/browser');
const PLAY = join(root, 'lib/server/page/browser');

describe.each([
  ['an explanation', EXPLAIN],
  ['the playground', PLAY],
])('the script and the style of %s', (_, folder) => {
  const script = inlined(join(folder, 'start.ts'));
  const style = inlined(join(folder, 'style.css'));

  it('are whole: nothing is left to import', () => {
    expect(() => new Script(script)).not.toThrow();
    expect(script).not.toMatch(/\b(import|export|require)\b/);
    expect(style).toContain('--paper');
    expect(style).not.toContain('@import');
  });

  it('have no global variables, which elements with an id are as well', () => {
    expect(script).toMatch(/^"use strict";\(\(\)=>\{.*\}\)\(\);$/s);
  });

  it('can stand inside of a page', () => {
    expect(script + style).not.toMatch(/<\/(script|style)|<!--|\r/i);
  });
});

it('a file from outside of the folders of pages is refused', () => {
  const file = join(root, 'lib/explain/visible_text.ts');
  expect(() => inlined(file)).toThrow('must not contain lib/explain/visible_text.ts');
});

it('each has a key of its own', () => {
  const files = [EXPLAIN, PLAY].flatMap((folder) => [join(folder, 'start.ts'), join(folder, 'style.css')]);
  expect(new Set(files.map(keyOfInlined)).size).toBe(4);
});

it('tests and dist have the same pages', () => {
  ensureBuilt();
  const layers = [patterned(0, { heads: 2, queries: 3, keys: 4 })];
  const { Explanation: Built } = createRequire(import.meta.url)(join(root, 'dist/index.cjs'));
  expect(new Built(layers).toHTML()).toBe(new Explanation(layers).toHTML());
  expect(PLAYGROUND).toContain(`<script>${inlined(join(PLAY, 'start.ts'))}</script>`);
});
