/** Small maps of all heads, each drawn when it first comes into sight, and the choice of a head. */
import { columns, type Layer, layers, meanEntropy, mostBits, partOf, rows, weightsOf } from './data.js';
import { showHead } from './detail.js';
import { byId, element } from './elements.js';
import { hasModifier, stepOf, within } from './keys.js';
import { paint } from './scale.js';
import { view } from './view.js';

const MOST_PIXELS = 96;

interface Thumb {
  layer: number;
  head: number;
  cell: HTMLButtonElement;
  canvas: HTMLCanvasElement;
  visible: boolean;
}

const thumbs: Thumb[] = [];

const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      const thumb = thumbs.find(({ canvas }) => canvas === target);
      if (!isIntersecting || thumb === undefined) continue;
      thumb.visible = true;
      drawThumb(thumb);
      observer.unobserve(target);
    }
  },
  { rootMargin: '200px' },
);

export function drawThumbs(): void {
  for (const thumb of thumbs) drawThumb(thumb);
}

/** A pixel is the largest of its weights: a mean would wash out a line that is one token wide. */
function drawThumb({ layer, head, canvas, visible }: Thumb): void {
  if (!visible) return;
  const block = Math.ceil(Math.max(rows, columns) / MOST_PIXELS);
  const [height, width] = [Math.ceil(rows / block), Math.ceil(columns / block)];
  const largest = new Uint16Array(height * width);
  const weights = weightsOf(layer, 0, head);
  for (let i = 0, from = 0; i < rows; i++) {
    const to = Math.floor(i / block) * width;
    for (let j = 0; j < columns; j++, from++) {
      const pixel = to + Math.floor(j / block);
      if (weights[from]! > largest[pixel]!) largest[pixel] = weights[from]!;
    }
  }
  canvas.width = width;
  canvas.height = height;
  paint(canvas, largest, partOf(layer, 0).name);
}

export function buildOverview(): void {
  const grid = byId('grid');
  const numbered = layers.every(({ name }, l) => name === `layer ${l}`);
  grid.classList.toggle('named', !numbered);
  const widest = layers.reduce((heads, layer) => Math.max(heads, layer.heads), 0);
  const heading = element('div', grid, undefined, 'heads');
  heading.setAttribute('aria-hidden', 'true');
  element('span', heading, '', 'name');
  for (let head = 0; head < widest; head++) element('span', heading, String(head));
  for (const [l, layer] of layers.entries()) {
    buildRow(grid, l, layer, numbered ? String(l) : `${l} ${layer.name}`);
  }
}

function buildRow(grid: Element, l: number, { name, kind, heads }: Layer, label: string): void {
  const row = element('div', grid, undefined, 'row');
  row.setAttribute('role', 'row');
  const header = element('span', row, label, 'name');
  header.setAttribute('role', 'rowheader');
  header.title = `${name} (${kind})`;
  for (let head = 0; head < heads; head++) buildThumb(row, l, head);
}

function buildThumb(row: Element, layer: number, head: number): void {
  const cell = element('button', row, undefined, 'cell');
  cell.type = 'button';
  cell.tabIndex = -1;
  cell.setAttribute('role', 'gridcell');
  const mean = meanEntropy(layer, 0, head);
  const title = `${layers[layer]!.name}, head ${head}: mean entropy ${mean.toFixed(2)} bits`;
  cell.setAttribute('aria-label', title);
  cell.title = title;
  const canvas = element('canvas', cell);
  element('i', cell).style.width = `${Math.max(4, (100 * mean) / mostBits)}%`;
  cell.addEventListener('click', () => select(layer, head));
  cell.addEventListener('keydown', moveInOverview);
  thumbs.push({ layer, head, cell, canvas, visible: false });
  observer.observe(canvas);
}

/** Chooses a head and puts it into the address. */
export function select(layer: number, head: number): void {
  Object.assign(view, { layer, head });
  for (const thumb of thumbs) {
    const here = isInView(thumb);
    thumb.cell.setAttribute('aria-selected', String(here));
    thumb.cell.tabIndex = here ? 0 : -1;
  }
  history.replaceState(null, '', `#${layer}.${head}`);
  showHead();
}

function isInView({ layer, head }: Thumb): boolean {
  return layer === view.layer && head === view.head;
}

function moveInOverview(event: KeyboardEvent): void {
  const step = stepOf(event.key);
  if (step === undefined || hasModifier(event)) return;
  event.preventDefault();
  const layer = within(view.layer + step[0], layers.length);
  select(layer, within(view.head + step[1], layers[layer]!.heads));
  thumbs.find(isInView)!.cell.focus();
}
