/** The head in view: its parts side by side, and the cells that are marked in all of them. */
import { columns, layers, type Part, rows } from './data.js';
import { byId, contextOf, element } from './elements.js';
import { hasModifier, stepOf, within } from './keys.js';
import { type Layout, layoutOf, openCanvas } from './layout.js';
import { drawMap, drawMarks } from './map.js';
import { barColour } from './ramp.js';
import { tell } from './readout.js';
import { type Cell, isSame, view } from './view.js';

interface Panel {
  part: number;
  canvas: HTMLCanvasElement;
  /** A canvas above the other one. */
  marks: HTMLCanvasElement;
}

let panels: Panel[] = [];
let layout: Layout;

/** Shows the head in view. */
export function showHead(): void {
  const { name, kind, parts } = layers[view.layer]!;
  byId('detail-title').textContent = `${name}, head ${view.head} (${kind})`;
  byId('panels').replaceChildren();
  panels = parts.map(buildPanel);
  drawPanels();
  tell();
}

function buildPanel(part: Part, p: number): Panel {
  const figure = element('figure', byId('panels'));
  buildCaption(figure, part);
  const map = element('div', element('div', figure, undefined, 'scroll'), undefined, 'map');
  const canvas = element('canvas', map, undefined, 'cells');
  const marks = element('canvas', map, undefined, 'marks');
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'application');
  canvas.setAttribute('aria-roledescription', 'heat map');
  canvas.setAttribute('aria-label', `Weights of ${part.name}, ${rows} by ${columns}; arrow keys move`);
  canvas.setAttribute('aria-describedby', 'readout');
  canvas.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'touch') mark(cellAt(canvas, event));
  });
  canvas.addEventListener('pointerleave', () => mark(view.pinned));
  canvas.addEventListener('click', (event) => pin(cellAt(canvas, event)));
  canvas.addEventListener('keydown', (event) => moveInMap(canvas, event));
  return { part: p, canvas, marks };
}

function buildCaption(figure: Element, { name, mix }: Part): void {
  const caption = element('figcaption', figure);
  element('span', caption, name === 'attention' ? 'Attention' : `${name} alone`);
  if (mix === undefined) return;
  element('span', caption, `, weighs ${mix.toFixed(3)} in the mixture`, 'soft');
  const share = element('i', element('span', caption, undefined, 'share'));
  share.style.width = `${100 * Math.min(1, Math.max(0, mix))}%`;
  share.dataset.part = name;
}

/** Draws the parts again, after a change of the theme, the scale or the window's width. */
export function drawPanels(): void {
  if (panels.length === 0) return;
  layout = layoutOf(panels.length);
  for (const { part, canvas, marks } of panels) {
    drawMap(canvas, part, layout);
    drawMarks(openCanvas(marks, layout), layout, view.marked);
    // For programs that point at cells, such as tests.
    const { left, top, cell } = layout;
    Object.assign(canvas.dataset, { left, top, cell });
  }
  for (const share of document.querySelectorAll<HTMLElement>('.share i')) {
    share.style.background = barColour(share.dataset.part!);
  }
}

function cellAt(canvas: HTMLCanvasElement, event: MouseEvent): Cell | null {
  const edge = canvas.getBoundingClientRect();
  const row = Math.floor((event.clientY - edge.top - layout.top) / layout.cell);
  const column = Math.floor((event.clientX - edge.left - layout.left) / layout.cell);
  return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null;
}

function mark(cell: Cell | null): void {
  if (isSame(cell, view.marked)) return;
  view.marked = cell;
  for (const { marks } of panels) drawMarks(contextOf(marks), layout, cell);
  tell();
}

/** A click keeps a cell, and a second click on it lets it go. */
function pin(cell: Cell | null): void {
  view.pinned = isSame(cell, view.pinned) ? null : cell;
  mark(view.pinned);
}

function moveInMap(canvas: Element, event: KeyboardEvent): void {
  if (hasModifier(event)) return;
  const cell = cellByKey(event.key);
  if (cell === undefined) return;
  event.preventDefault();
  view.pinned = cell;
  mark(cell);
  if (cell) scrollTo(canvas.closest('.scroll')!, cell);
}

/** The cell that a key goes to, null for none, undefined for a key that does nothing. */
function cellByKey(key: string): Cell | null | undefined {
  const { marked } = view;
  const step = stepOf(key);
  if (key === 'Escape') return null;
  if (key === 'Home') return { row: marked?.row ?? 0, column: 0 };
  if (key === 'End') return { row: marked?.row ?? 0, column: columns - 1 };
  if (step === undefined) return undefined;
  if (marked === null) return { row: 0, column: 0 };
  return { row: within(marked.row + step[0], rows), column: within(marked.column + step[1], columns) };
}

/** A map that is wider than its place follows the mark. */
function scrollTo(scroll: Element, { column }: Cell): void {
  const begin = column * layout.cell;
  if (begin < scroll.scrollLeft) scroll.scrollLeft = begin;
  const end = layout.left + begin + layout.cell - scroll.clientWidth;
  if (end > scroll.scrollLeft) scroll.scrollLeft = end;
}
