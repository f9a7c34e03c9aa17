// The results as a table, and their place in a document.
import { fail } from './fail.mjs';
import { MEANINGS } from './variants.mjs';

export const count = (n) => Math.round(n).toLocaleString('en-US');
const percent = (share) => (100 * share).toFixed(2);
const rate = (value) => (value === undefined ? '' : count(value));

/** Columns of a Markdown table: [header, cell of a row, right-aligned]. */
function columns(rows) {
  const sources = Object.keys(rows[0].bySource);
  return [
    ['variant', ({ variant }) => variant],
    ['scores', ({ variant }) => MEANINGS[variant]],
    [
      'accuracy, %',
      ({ accuracy, deviation }) =>
        percent(accuracy) + (deviation === undefined ? '' : ` ± ${percent(deviation)}`),
      true,
    ],
    ['lowest to highest', ({ low, high }) => `${percent(low)} to ${percent(high)}`, true],
    ...sources.map((source) => [source, ({ bySource }) => percent(bySource[source]), true]),
    ['parameters', ({ parameters }) => count(parameters.total), true],
    ['trained', ({ parameters }) => count(parameters.trained), true],
    ['training, tokens/s', ({ training }) => rate(training), true],
    ['inference, tokens/s', ({ inference }) => rate(inference), true],
    ['one attention layer, tokens/s', ({ attention }) => rate(attention), true],
  ];
}

/** @param rows of summary.mjs, at least one */
export function markdownTable(rows) {
  const cells = columns(rows);
  const line = (parts) => `| ${parts.join(' | ')} |`;
  return [
    line(cells.map(([header]) => header)),
    line(cells.map(([, , right]) => (right ? '---:' : '---'))),
    ...rows.map((row) => line(cells.map(([, cell]) => cell(row)))),
  ].join('\n');
}

const BEGIN = '<!-- results -->';
const END = '<!-- end of results -->';

/** The document with `content` between its two marks. */
export function filled(document, content) {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) fail(`a document with ${BEGIN} and ${END}`, 'one without');
  return `${document.slice(0, begin + BEGIN.length)}\n\n${content.trim()}\n\n${document.slice(end)}`;
}
