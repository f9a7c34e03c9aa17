/** The texts that are most like the chosen one, the nearest first. */
import { byId, element } from '../../../explain/browser/elements.js';
import { type Choose, cosineAt, similar } from './similar.js';
import { quoted, shortened } from './text.js';

const MOST_NEIGHBOURS = 8;

export function tellNeighbours(choose: Choose): void {
  const { texts, row } = similar;
  const title = byId('nearest-title');
  const list = byId('nearest');
  list.replaceChildren();
  title.hidden = texts.length < 2;
  if (texts.length < 2) return;
  title.replaceChildren('Nearest to ');
  element('span', title, quoted(texts[row]!), 'token');
  const nearest = [...texts.keys()]
    .filter((j) => j !== row)
    .sort((a, b) => cosineAt(row, b) - cosineAt(row, a))
    .slice(0, MOST_NEIGHBOURS);
  for (const j of nearest) {
    const button = buildNeighbour(list, texts[j]!, cosineAt(row, j));
    button.addEventListener('click', () => {
      choose(j, row);
      // The list is a new one; whoever came by key goes on in it.
      list.querySelector('button')!.focus();
    });
  }
}

function buildNeighbour(list: Element, text: string, cosine: number): HTMLButtonElement {
  const button = element('button', element('li', list));
  button.type = 'button';
  button.title = 'Show what is nearest to this text';
  element('span', button, cosine.toFixed(3), 'value');
  const track = element('span', button, undefined, 'track');
  element('i', track).style.width = `${100 * Math.max(0, cosine)}%`;
  element('span', button, shortened(text), 'name');
  return button;
}
