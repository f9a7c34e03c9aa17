import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fail } from './options.mjs';

function textOf(file) {
  if (!existsSync(file)) fail('a path that exists', file);
  try {
    const bytes = readFileSync(file);
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    return fail('a file of texts', `${file} (${error.code})`);
  }
}

/**
 * The first texts of a file: its lines, or the column `text` of a .tsv; either may be gzipped (.gz). The end of the
 * last line is not a line.
 */
export function firstLines(file, count) {
  const lines = textOf(file).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (!/\.tsv(\.gz)?$/.test(file)) return lines.slice(0, count);
  const column = lines[0].split('\t').indexOf('text');
  if (column < 0) fail('a column text', `${file} with ${lines[0]}`);
  return lines.slice(1, count + 1).map((line) => line.split('\t')[column] ?? '');
}
