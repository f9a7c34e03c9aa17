/** `tokenize` names the ids of `encode` as @huggingface/tokenizers does, those of long texts too, in time linear in the text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as Library } from '@huggingface/tokenizers';
import { describe, expect, it } from '@jest/globals';
import { AutoTokenizer } from '../../../lib/transformers/index.js';
import { goldenPath } from '../../support/golden.js';

const folder = goldenPath('encoders');
const directories = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/sharded|groups|mixtures|prefixed/.test(entry.name))
  .map((entry) => entry.name);

describe.each(directories)('%s', (name) => {
  it('names the ids that encode gives', async () => {
    const tokenizer = await AutoTokenizer.from_pretrained(join(folder, name));
    const read = (file: string) => JSON.parse(readFileSync(join(folder, name, file), 'utf8'));
    const library = new Library(read('tokenizer.json'), read('tokenizer_config.json'));
    for (const text of ['the cat sat', 'a cat, a mat!', 'walking']) {
      for (const add_special_tokens of [false, true]) {
        const ids = tokenizer.encode(text, { add_special_tokens });
        const tokens = tokenizer.tokenize(text, { add_special_tokens });
        expect(tokens).toHaveLength(ids.length);
        expect(tokens).toEqual(library.tokenize(text, { add_special_tokens }));
      }
    }
  });

  it('takes a long run of combining marks', async () => {
    const tokenizer = await AutoTokenizer.from_pretrained(join(folder, name));
    const text = '\u0301\u0316'.repeat(50_000);
    expect(tokenizer.tokenize(text)).toHaveLength(
      tokenizer.encode(text, { add_special_tokens: false }).length,
    );
  });
});
