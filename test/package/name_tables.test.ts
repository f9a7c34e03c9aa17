/** Names that several parts take stand in one table each; no other file of lib writes them down again. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MODEL_FILES, SENTENCE_CONFIGS } from '../../lib/hub/model_files.js';
import {
  ENCODER_DTYPES,
  POOLING_MODES,
  PRECISION_NAMES,
  SIMILARITIES,
  TEXT_CUTS,
} from '../../lib/models/types.js';
import { root } from '../support/command.js';

/** What knows no model: its words are the names of number types, or of files of its own. */
const BELOW = /^(?:formats|kernels|layers|native|program|tensor|tfjs)\//;
const TABLES = 'models/types.ts';
const FILES = 'hub/model_files.ts';

const LISTS = {
  poolings: POOLING_MODES,
  dtypes: ENCODER_DTYPES,
  precisions: PRECISION_NAMES,
  similarities: SIMILARITIES,
  cuts: TEXT_CUTS,
};
const FILE_NAMES: readonly string[] = [...Object.values(MODEL_FILES), ...SENTENCE_CONFIGS];

const COMMENTS = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Enumerations of all of the names, whatever the order: arrays, unions of types, sentences. */
function enumerations(source: string, names: readonly string[]): string[] {
  const name = String.raw`["'\x60]?\b(?:${names.map(escaped).join('|')})\b["'\x60]?`;
  const list = new RegExp(String.raw`${name}(?:\s*(?:,|\||\bor\b|\band\b)\s*(?:or\s)?\s*${name})+`, 'g');
  return (source.replace(COMMENTS, '').match(list) ?? []).filter((found) =>
    names.every((each) => new RegExp(String.raw`\b${escaped(each)}\b`).test(found)),
  );
}

/** The file's name as a string of its own. */
function fileNames(source: string): string[] {
  const code = source.replace(COMMENTS, '');
  return FILE_NAMES.filter((name) => new RegExp(`(["'\`])${escaped(name)}\\1`).test(code));
}

const lib = join(root, 'lib');
const sources = (readdirSync(lib, { recursive: true }) as string[])
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !BELOW.test(path))
  .map((path) => ({ path, text: readFileSync(join(lib, path), 'utf8') }));

describe('one table', () => {
  it.each(Object.entries(LISTS))('of %s', (_, names) => {
    expect(sources.length).toBeGreaterThan(100);
    const found = sources
      .filter(({ path }) => path !== TABLES)
      .flatMap(({ path, text }) => enumerations(text, names).map((list) => `${path}: ${list}`));
    expect(found).toEqual([]);
  });

  it('of the names of model files', () => {
    const found = sources
      .filter(({ path }) => path !== FILES)
      .flatMap(({ path, text }) => fileNames(text).map((name) => `${path}: ${name}`));
    expect(found).toEqual([]);
  });
});

describe('a second one is seen', () => {
  it.each([
    "const DTYPES = ['int8', 'float32'];",
    "dtype: 'float32' | 'int8' | undefined",
    "help: 'weights: float32 or int8'",
    'dtype\n  | "int8"\n  | "float32"',
  ])('%s', (source) => {
    expect(enumerations(source, ENCODER_DTYPES)).toHaveLength(1);
  });

  it('as the name of a file', () => {
    expect(fileNames("join(folder, 'tokenizer.json')")).toEqual(['tokenizer.json']);
    expect(fileNames("'sentence_xlnet_config.json'")).toHaveLength(1);
  });

  it('but not in a comment, and not by some of the names', () => {
    expect(enumerations("/** 'float32' or 'int8' */", ENCODER_DTYPES)).toEqual([]);
    expect(enumerations("['cls', 'mean']", POOLING_MODES)).toEqual([]);
    expect(fileNames('// reads "config.json"')).toEqual([]);
  });
});
