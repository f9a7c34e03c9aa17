// Texts as token ids, for what has to know their lengths, and for contenders that take ids.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { fail } from './options.mjs';

/** @returns a function of a text that gives its ids, special tokens included, at most `maxLength` */
export function tokenizerOf(folder, maxLength) {
  const [file, config] = ['tokenizer.json', 'tokenizer_config.json'].map((name) => {
    const path = join(folder, name);
    if (!existsSync(path)) fail('a model directory with tokenizer.json and tokenizer_config.json', folder);
    return JSON.parse(readFileSync(path, 'utf8'));
  });
  const tokenizer = new Tokenizer(file, config);
  return (text) => {
    const { ids } = tokenizer.encode(text);
    // The last token closes the sequence and stays when the text is cut.
    return ids.length > maxLength ? [...ids.slice(0, maxLength - 1), ids.at(-1)] : ids;
  };
}
