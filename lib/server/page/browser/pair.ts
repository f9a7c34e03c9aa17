/** How similar two texts are, in words. */
import { byId, element } from '../../../explain/browser/elements.js';
import { cosineAt, similar } from './similar.js';
import { quoted, shortened } from './text.js';

export function tellPair(row: number, column: number): void {
  const out = byId('pair');
  out.replaceChildren();
  const { texts } = similar;
  if (texts.length === 0) return;
  element('b', out, cosineAt(row, column).toFixed(4));
  if (row === column) {
    out.append(': a text is always like itself. ');
    element('span', out, shortened(texts[row]!), 'soft');
    return;
  }
  out.append(' between ');
  element('span', out, quoted(texts[row]!), 'token');
  out.append(' and ');
  element('span', out, quoted(texts[column]!), 'token');
}
