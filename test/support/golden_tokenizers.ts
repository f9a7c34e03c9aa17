/** The tokenizers that goldens are of, by name. For benchmarks and fuzzers too, which have no Jest. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonObject } from '../../lib/models/directory/json_file.js';
import { Tokenizer } from '../../lib/models/tokenizer/tokenizer.js';
import { packageRoot } from '../../lib/package_root.js';

export type Values = Record<string, unknown>;

const GOLDEN = join(packageRoot(), 'test/golden');

const FILES: Readonly<Record<string, string>> = {
  tiny_bert: 'tiny_bert/tokenizer.json',
  'synthesizer-mini': '../../models/synthesizer-mini/tokenizer.json',
};

let own: Map<string, string> | undefined;

/** Those of tokenizers.json as text. */
function ownTokenizers(): Map<string, string> {
  if (own) return own;
  const { cases } = fromFile('tokenizers.json') as { cases: { name: string; tokenizer?: Values }[] };
  const { precompiled_charsmap } = fromFile('encoders/xlm_roberta/tokenizer.json').normalizer as Values;
  own = new Map();
  for (const { name, tokenizer } of cases) {
    // The charsmap is left out of the golden: it is long.
    if (tokenizer) {
      own.set(name, JSON.stringify(tokenizer).replace('XLM_ROBERTA', String(precompiled_charsmap)));
    }
  }
  return own;
}

function fromFile(path: string): Values {
  return JSON.parse(readFileSync(join(GOLDEN, path), 'utf8')) as Values;
}

/** A tokenizer.json of its own for every call. */
export function tokenizerValues(name: string): Values {
  const text = ownTokenizers().get(name);
  if (text !== undefined) return JSON.parse(text) as Values;
  return fromFile(FILES[name] ?? `encoders/${name}/tokenizer.json`);
}

export function createTokenizer(values: Values, maxLength = 100_000_000): Tokenizer {
  return Tokenizer.create(new JsonObject('tokenizer.json', values), { maxLength, lowerCase: false });
}

export interface Run {
  name: string;
  before: string;
  unit: string;
  after: string;
  counts: [short: number, long: number];
}

interface Runs {
  truncated: number;
  units: Run[];
  /** `long` has the number of ids and hashes: of all, and truncated at the right and at the left. */
  cases: { name: string; short: number[][]; long: [number, number, number, number][] }[];
}

export function readRuns(): Runs {
  return fromFile('tokenizer_runs.json') as unknown as Runs;
}

export function textOf({ before, unit, after }: Run, count: number): string {
  return before + unit.repeat(count) + after;
}

/** FNV-1a of 32 bits, an id at a time. */
export function hashOf(ids: readonly number[]): number {
  let value = 0x811c9dc5;
  for (const id of ids) value = Math.imul(value ^ id, 0x01000193) >>> 0;
  return value;
}
