/** Ids of texts of one unit, repeated, by every tokenizer of the goldens, as the Rust library gives them. */
import { describe, expect, it } from '@jest/globals';
import type { Tokenizer } from '../../lib/models/tokenizer/tokenizer.js';
import { createTokenizer, hashOf, readRuns, textOf, tokenizerValues } from '../support/golden_tokenizers.js';

const { cases, truncated, units } = readRuns();

function cutAtLeft(tokenizer: Tokenizer, ids: readonly number[]): number[] {
  const { before, after } = tokenizer.template;
  const inner = ids.slice(before.length, ids.length - after.length);
  const room = truncated - before.length - after.length;
  return [...before, ...inner.slice(-room), ...after];
}

describe.each(cases.map((c) => [c.name, c] as const))('the tokenizer %s', (name, { short, long }) => {
  const values = tokenizerValues(name);
  const tokenizer = createTokenizer(values);
  const truncating = createTokenizer(values, truncated);

  it('gives the ids of the reference for short runs', () => {
    const found = units.map((run) => ({ run: run.name, ids: tokenizer.encode(textOf(run, run.counts[0])) }));
    expect(found).toEqual(units.map((run, i) => ({ run: run.name, ids: short[i] })));
  });

  it('gives them for long runs, truncated or not', () => {
    const found = units.map((run) => {
      const text = textOf(run, run.counts[1]);
      const ids = tokenizer.encode(text);
      const hashes = [ids, truncating.encode(text), cutAtLeft(tokenizer, ids)].map(hashOf);
      return { run: run.name, length: ids.length, hashes };
    });
    const expected = units.map((run, i) => {
      const [length, ...hashes] = long[i]!;
      return { run: run.name, length, hashes };
    });
    expect(found).toEqual(expected);
  });

  it('takes lone surrogates for replacement characters', () => {
    for (const count of [5, 5000]) {
      const [lone, replacement] = ['\ud800', '\ufffd'].map((unit) => tokenizer.encode(unit.repeat(count)));
      expect(lone).toEqual(replacement);
    }
  });
});
