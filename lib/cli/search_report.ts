/** What was found, for eyes or for programs. */
import type { SearchHit } from '../models/search/semantic_search.js';
import type { SearchFormat } from './search_options.js';

export interface Found {
  text: string;
  /** Number of its record from 1; a query has none. */
  record?: number;
  hits: readonly SearchHit[];
}

const WIDTH = 100;

/** One line a text: what a text may hold must not move the cursor of a terminal. */
function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const characters = [...line];
  return characters.length <= WIDTH ? line : `${characters.slice(0, WIDTH - 1).join('')}…`;
}

function forEyes({ text, hits }: Found, texts: readonly string[]): string {
  const rows = hits.map(
    ({ corpusId, score }) => `  ${score.toFixed(3).padStart(6)}  ${oneLine(texts[corpusId]!)}\n`,
  );
  return `${oneLine(text)}\n${rows.join('')}`;
}

function forPrograms({ text, record, hits }: Found, texts: readonly string[]): string {
  const found = hits.map(({ corpusId, score }) => ({ record: corpusId + 1, score, text: texts[corpusId]! }));
  return `${JSON.stringify(record === undefined ? { query: text, hits: found } : { record, text, hits: found })}\n`;
}

const WRITERS = { text: forEyes, jsonl: forPrograms };

export function* report(
  found: Iterable<Found>,
  texts: readonly string[],
  format: SearchFormat,
): Generator<string> {
  for (const one of found) yield WRITERS[format](one, texts);
}
