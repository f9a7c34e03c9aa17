import { readFileSync } from 'node:fs';

/** The first lines of a text file; the end of the last line is not a line. */
export function firstLines(file, count) {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(0, count);
}
