/** Control characters are escaped in sources and in regular expressions: not every engine takes them as they are. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { packageRoot } from '../../lib/package_root.js';

/** Tab and line feed are text. */
const isControl = (code: number): boolean => (code < 32 && code !== 9 && code !== 10) || code === 127;
const hasControl = (text: string): boolean => [...text].some((c) => isControl(c.charCodeAt(0)));

it('no source holds a control character', () => {
  const folder = join(packageRoot(), 'lib');
  const files = (readdirSync(folder, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => hasControl(readFileSync(join(folder, file), 'utf8')))).toEqual([]);
});

it('no regular expression that a tokenizer makes holds one, not of a text with such characters either', async () => {
  const sources: string[] = [];
  const Original = globalThis.RegExp;
  globalThis.RegExp = class extends Original {
    constructor(pattern: string | RegExp, flags?: string) {
      super(pattern, flags);
      sources.push(String(pattern));
    }
  } as typeof RegExp;
  try {
    const { createTokenizer, tokenizerValues } = await import('../support/golden_tokenizers.js');
    await import('../../lib/index.js');
    for (const name of ['tiny_bert', 'synthesizer-mini', 'xlm_roberta']) {
      const values = tokenizerValues(name);
      const id = 1;
      const content = 'x\0y\u0001\u007f';
      const added = {
        id,
        content,
        special: false,
        normalized: false,
        single_word: false,
        lstrip: false,
        rstrip: false,
      };
      createTokenizer({ ...values, added_tokens: [...(values.added_tokens as object[]), added] });
    }
  } finally {
    globalThis.RegExp = Original;
  }
  expect(sources.length).toBeGreaterThan(5);
  expect(sources.some((source) => source.includes('x\\x00y\\x01\\x7f'))).toBe(true);
  expect(sources.filter((source) => [...source].some((c) => c.charCodeAt(0) < 32))).toEqual([]);
});
