/** Messages are for people: code in lib/ decides by `code`, `argument` and `reason`, and never by a message's text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { root } from '../../support/command.js';

/** Files that may cut a text of somebody else's error before they show it. It decides nothing. */
const SHOWN_IN_PART: Readonly<Record<string, string>> = {
  // Commander puts "error: " before its sentences.
  'cli/failure.ts': 'message.slice(',
  // Node adds its list of requiring modules to the system's sentence.
  'native/load_failure.ts': 'message ?? error).split(',
};

/** An error's text: `error.message`, `error['message']`, a `message` taken out of one, `String(error)`. */
const TEXT = String.raw`(?:\bmessage\b|\.stack\b|\[['"](?:message|stack)['"]\]|\bString\((?:error|cause)\))`;
/** Behind it: the end of a cast or a default. */
const END = String.raw`(?:\s*\?\?\s*\w+)?[)!?\s]*`;
const METHODS = [
  ...['match', 'matchAll', 'search', 'includes', 'indexOf', 'lastIndexOf', 'startsWith', 'endsWith', 'at'],
  ...['replace', 'replaceAll', 'split', 'slice', 'substring', 'charAt', 'toLowerCase', 'toUpperCase', 'trim'],
].join('|');
const EQUALS = '(?:[!=]==?)';
/** A worker's `message` is no error's: alone, the name may be compared. */
const PROPERTY = String.raw`(?:\.(?:message|stack)\b|\[['"](?:message|stack)['"]\])`;

const READS = [
  `${TEXT}${END}\\.(?:${METHODS})\\(`,
  `\\.(?:test|exec|${METHODS}|has|get)\\([^();]*${TEXT}`,
  `${PROPERTY}${END}${EQUALS}`,
  `${EQUALS}[^;&|?\\n]*${PROPERTY}`,
  `\\bswitch \\([^\\n]*${PROPERTY}`,
].map((pattern) => new RegExp(pattern, 'g'));

const COMMENTS = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g;

/** What reads a message's text, as far as it can be told. */
function reads(source: string): string[] {
  const code = source.replace(COMMENTS, '');
  return READS.flatMap((pattern) => code.match(pattern) ?? []);
}

it('no code in lib reads the text of a message', () => {
  const lib = join(root, 'lib');
  const files = (readdirSync(lib, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((path) => {
    const file = path.replaceAll('\\', '/');
    return reads(readFileSync(join(lib, path), 'utf8')).map((text) => `${file}: ${text}`);
  });
  expect(found.sort()).toEqual(Object.entries(SHOWN_IN_PART).map(([file, text]) => `${file}: ${text}`));
});

it.each([
  "error.message.startsWith('ids: ')",
  '(cause as Error).message.match(/x/)',
  'error?.message.includes(folder)',
  'message.replace(/^input/, param)',
  '/at most/.test(error.message)',
  'SENTENCE.exec(message)',
  "['a', 'b'].includes(error.message)",
  "error.message === 'aborted'",
  "error['message'].endsWith('x')",
  'String(error).includes("x")',
  "error.message.toLowerCase() === 'x'",
  '/x/.test(`$' + '{error.message}`)',
  'switch (error.message) {}',
])('a look at a text is seen: %s', (source) => {
  expect(reads(source)).not.toEqual([]);
});

it.each([
  'say(error.message)',
  'throw new Error(`$' + '{path}: $' + '{error.message}`)',
  "error.reason === 'x'",
])('what only shows a text, or reads a field, is not meant: %s', (source) => {
  expect(reads(source)).toEqual([]);
});
