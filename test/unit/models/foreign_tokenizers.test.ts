/** Files that nobody vouches for: what could take forever or fill the stack is refused with a ModelError. */
import { describe, expect, it } from '@jest/globals';
import { ModelError } from '../../../lib/errors.js';
import { createTokenizer, tokenizerValues, type Values } from '../../support/golden_tokenizers.js';

const base = tokenizerValues('bpe_words');

function nested(keys: string, depth: number, inner: Values): Values {
  let part = inner;
  for (let i = 0; i < depth; i++) part = { type: 'Sequence', [keys]: [part] };
  return part;
}

function split(source: string): Values {
  return { type: 'Split', pattern: { Regex: source }, behavior: 'Isolated', invert: false };
}

describe('a tokenizer.json is refused', () => {
  it.each<[string, Values]>([
    ['normalizers', { normalizer: nested('normalizers', 30_000, { type: 'NFC' }) }],
    ['pre-tokenizers', { pre_tokenizer: nested('pretokenizers', 30_000, { type: 'Whitespace' }) }],
    ['post-processors', { post_processor: nested('processors', 30_000, { type: 'ByteLevel' }) }],
    ['expressions', { pre_tokenizer: nested('pretokenizers', 1, split('('.repeat(50_000))) }],
  ])('with %s nested too deep', (_, changed) => {
    expect(() => createTokenizer({ ...base, ...changed })).toThrow(ModelError);
  });

  it.each(['(a)\\1', '(?>ab|a)', 'a{1,99999999}', 'x'.repeat(1_000_000), '(?:a{500}){500}'])(
    'with an expression that no automaton runs, and the error says where and why (%#)',
    (source) => {
      let error: unknown;
      try {
        createTokenizer({ ...base, pre_tokenizer: split(source) });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(ModelError);
      const { message } = error as Error;
      expect(message).toMatch(
        /^tokenizer\.json: pre_tokenizer: pattern: expected .+ but received ".+" \(it .+\)$/,
      );
      expect(message).toContain(JSON.stringify(source.slice(0, 20)).slice(0, -1));
      expect(message.length).toBeLessThan(500);
    },
  );
});

describe('expressions of tokenizer.json', () => {
  const words = (pre_tokenizer: Values, text: string): number =>
    createTokenizer({ ...base, pre_tokenizer }).encode(text).length;

  it('that backtrack in other engines are as quick as any', () => {
    const text = `${'a'.repeat(100_000)}b`;
    expect(words(split('(a+)+$'), text)).toBeGreaterThan(0);
    expect(words(split('(?:a|a)*c'), text)).toBeGreaterThan(0);
  });

  it('cut at empty matches', () => {
    const unknown = '\u6f22'.repeat(7);
    // Every word is one unknown token.
    expect(words(split('(?=(\u6f22{3})+(?!\u6f22))'), unknown)).toBeGreaterThanOrEqual(3);
    const values = {
      ...tokenizerValues('bpe_fused_unknown'),
      pre_tokenizer: split('(?=(\u6f22{3})+(?!\u6f22))'),
    };
    expect(createTokenizer(values).encode(unknown).length).toBe(3);
  });

  it('may be parts of a nested sequence', () => {
    const deep = nested('pretokenizers', 10, split('\\s+'));
    expect(words(deep, 'the cat')).toBe(words(split('\\s+'), 'the cat'));
  });
});
