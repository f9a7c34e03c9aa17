/** What is marked, in words. */
import { entropiesOf, keyTokens, layers, meanEntropy, mostBits, queryTokens, weightAt } from './data.js';
import { byId, element } from './elements.js';
import { type Cell, view } from './view.js';

const MOST_TOLD = 3;

function tellToken(parent: Element, token: string): void {
  element('span', parent, `“${token}”`, 'token');
}

function tellHead(out: Element): void {
  out.append('Mean entropy of the rows ');
  element('b', out, `${meanEntropy(view.layer, 0, view.head).toFixed(2)} bits`);
  out.append(` of at most ${mostBits.toFixed(2)}.`);
}

function tellCell(out: Element, { row, column }: Cell): void {
  tellToken(out, queryTokens[row]!);
  out.append(' looks at ');
  tellToken(out, keyTokens[column]!);
  for (const [p, { name }] of layers[view.layer]!.parts.entries()) {
    out.append(p === 0 ? ' with ' : `, ${name} alone `);
    element('b', out, weightAt(view.layer, p, view.head, row, column).toFixed(4));
  }
  out.append('.');
}

function tellRow(out: Element, row: number): void {
  const told = keyTokens
    .map((token, j) => ({ token, weight: weightAt(view.layer, 0, view.head, row, j) }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST_TOLD)
    .filter(({ weight }) => weight > 0);
  if (told.length === 0) {
    out.append('Its row looks at nothing.');
    return;
  }
  const bits = entropiesOf(view.layer, 0, view.head)[row]!;
  out.append(`Its row, ${bits.toFixed(2)} bits, looks most at `);
  for (const [i, { token, weight }] of told.entries()) {
    if (i > 0) out.append(', ');
    tellToken(out, token);
    out.append(` ${weight.toFixed(2)}`);
  }
  out.append('.');
}

export function tell(): void {
  byId('readout').replaceChildren();
  byId('row').replaceChildren();
  if (view.marked === null) {
    tellHead(byId('readout'));
  } else {
    tellCell(byId('readout'), view.marked);
    tellRow(byId('row'), view.marked.row);
  }
}
