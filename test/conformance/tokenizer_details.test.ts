/** Ids where details of a tokenizer's parts decide, as the Rust library gives them. */
import { describe, expect, it } from '@jest/globals';
import { drain } from '../../lib/models/tokenizer/steps.js';
import { readGolden } from '../support/golden.js';
import { createTokenizer, hashOf, tokenizerValues, type Values } from '../support/golden_tokenizers.js';

interface Golden {
  /** Without `tokenizer`, that of encoders/<name>. Of long texts there are the number of ids and their hash. */
  cases: {
    name: string;
    tokenizer?: Values;
    runs: { unit: string; count: number; ids?: number[]; length?: number; hash?: number }[];
  }[];
}

const { cases } = readGolden<Golden>('tokenizer_details.json');

describe.each(cases.map((c) => [c.name, c] as const))('%s', (name, { tokenizer: values, runs }) => {
  it('gives the ids of the reference, from either end', () => {
    const tokenizer = createTokenizer(values ?? tokenizerValues(name));
    for (const expected of runs) {
      const { unit, count } = expected;
      const text = unit.repeat(count);
      const ids = tokenizer.encode(text);
      const found = expected.ids ? { ids } : { length: ids.length, hash: hashOf(ids) };
      expect({ unit, count, ...found }).toEqual(expected);
      expect(drain(tokenizer.lastSteps(text)).ids).toEqual(ids);
    }
  });
});
