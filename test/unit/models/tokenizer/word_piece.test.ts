/** WordPiece whose vocabulary has long tokens: the same pieces as by trying every length, in bounded work. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonObject } from '../../../../lib/models/directory/json_file.js';
import { createModel } from '../../../../lib/models/tokenizer/models.js';
import { WorkMeter } from '../../../../lib/models/tokenizer/steps.js';
import { mostWork } from '../../../support/tokenizer_work.js';

function model(tokens: readonly string[], prefix = '##') {
  const vocab = Object.fromEntries(['[UNK]', ...tokens].map((token, id) => [token, id]));
  return createModel(
    new JsonObject('tokenizer.json', {
      type: 'WordPiece',
      vocab,
      unk_token: '[UNK]',
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: Number.MAX_SAFE_INTEGER,
    }),
  );
}

/** By the definition: the longest piece from the left, again and again. */
function pieces(tokens: readonly string[], prefix: string, word: string): number[] {
  const known = ['[UNK]', ...tokens];
  const ids: number[] = [];
  for (let begin = 0; begin < word.length; ) {
    let end = word.length;
    while (end > begin && !known.includes((begin > 0 ? prefix : '') + word.slice(begin, end))) end--;
    if (end === begin) return [0];
    ids.push(known.indexOf((begin > 0 ? prefix : '') + word.slice(begin, end)));
    begin = end;
  }
  return ids;
}

describe('WordPiece', () => {
  it.each(['##', '', '<a prefix of more than sixteen>'])('finds the longest pieces, prefix %p', (prefix) => {
    const token = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.uniqueArray(token, { maxLength: 12 }), token, fc.nat(30), (some, word, cut) => {
        const own = [...new Set([...some, word.slice(0, cut), word.slice(cut)])].filter((t) => t !== '');
        const tokens = [...new Set(['a', ...own, ...own.map((t) => prefix + t), `${prefix}a`])];
        const { encode } = model(tokens, prefix);
        expect([...encode(word, new WorkMeter())]).toEqual(pieces(tokens, prefix, word));
      }),
      { numRuns: 300 },
    );
  });

  it('does not try every length of a long token at every place', () => {
    const { encode } = model(['a', '##a', 'b'.repeat(1500)]);
    const meter = new WorkMeter();
    const text = 'a'.repeat(2048);
    expect(encode(text, meter)).toHaveLength(2048);
    meter.endStep();
    expect(meter.total).toBeLessThan(mostWork(text));
  });
});
