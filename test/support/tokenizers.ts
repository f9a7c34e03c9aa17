/** The tokenizers of the goldens. */
import { readFileSync } from 'node:fs';
import { JsonObject } from '../../lib/models/directory/json_file.js';
import { goldenPath, readGolden } from './golden.js';

type Values = Record<string, unknown>;

interface Golden {
  texts: { text: string }[];
  /** Without `tokenizer`, that of encoders/<name>. */
  cases: { name: string; tokenizer?: Values; ids: number[][] }[];
}

export const goldenTokenizers = readGolden<Golden>('tokenizers.json');

export function readTokenizer(name: string): Values {
  return JSON.parse(readFileSync(goldenPath(`encoders/${name}/tokenizer.json`), 'utf8')) as Values;
}

const charsmap = (readTokenizer('xlm_roberta').normalizer as Values).precompiled_charsmap as string;

/** The charsmap is left out of the golden: it is long. */
export function tokenizerFile({ name, tokenizer }: Golden['cases'][number]): JsonObject {
  const values =
    tokenizer === undefined
      ? readTokenizer(name)
      : (JSON.parse(JSON.stringify(tokenizer).replace('XLM_ROBERTA', charsmap)) as Values);
  return new JsonObject('tokenizer.json', values);
}

/** A text in chunks of 1 to `most` characters, the same for the same seed. */
export function chunksOf(text: string, most: number, seed: number): string[] {
  const characters = [...text];
  const chunks: string[] = [];
  let state = seed;
  for (let at = 0; at < characters.length; ) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const end = at + 1 + ((state >>> 8) % most);
    chunks.push(characters.slice(at, end).join(''));
    at = end;
  }
  return chunks;
}
