// Labelled texts from a table, split by a hash of the text.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fail } from './fail.mjs';

const COLUMNS = ['label', 'source', 'text'];

/** Upper ends in hundredths: 70 % train, 10 % validation, 20 % test. */
const SPLITS = [
  ['train', 70],
  ['validation', 80],
  ['test', 100],
];

/** The same text is in the same split wherever it stands, however often, and whatever else is in the file. */
function splitOf(text) {
  const hundredth = createHash('sha256').update(text).digest().readUInt32LE(0) % 100;
  return SPLITS.find(([, end]) => hundredth < end)[0];
}

function content(file) {
  let bytes;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    fail('a readable file after --data', `${file} (${error.code})`);
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    return fail(`${file} in gzip's format`, `one that does not unpack (${error.code})`);
  }
}

/**
 * @param file tab-separated, .gz or not: label (0 or 1), source, text, with a header
 * @returns {hash, splits: {train, validation, test}}, each a list of {label, source, text}; a text that comes again is left out
 */
export function readDataset(file) {
  const bytes = content(file);
  const lines = bytes.toString('utf8').split('\n');
  if (lines[0].trim() !== COLUMNS.join('\t')) {
    fail(`${file} with the columns ${COLUMNS.join(', ')}`, `'${lines[0].slice(0, 60)}'`);
  }
  const splits = Object.fromEntries(SPLITS.map(([name]) => [name, []]));
  const seen = new Set();
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line === '') continue;
    const [label, source, text, ...rest] = line.split('\t');
    if (!/^[01]$/.test(label) || !text || rest.length > 0) {
      fail(`${file}:${i + 1} with label 0 or 1, source, text`, `'${line.slice(0, 60)}'`);
    }
    if (seen.has(text)) continue;
    seen.add(text);
    splits[splitOf(text)].push({ label: Number(label), source, text });
  }
  const empty = SPLITS.map(([name]) => name).find((name) => splits[name].length === 0);
  if (empty !== undefined) fail(`${file} with texts for every split`, `none for ${empty}`);
  return { hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16), splits };
}
