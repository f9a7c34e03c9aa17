/** One map in large: its cells, the tokens on both axes, the entropies of its rows. */
import { columns, entropiesOf, mostBits, partOf, rows, weightsOf } from './data.js';
import { css } from './elements.js';
import { drawLabel, labels, SLOPE } from './labels.js';
import { type Layout, openCanvas } from './layout.js';
import { barColour } from './ramp.js';
import { paint } from './scale.js';
import { type Cell, view } from './view.js';

type Context = CanvasRenderingContext2D;

function drawRowLabel(context: Context, { left, top, cell }: Layout, row: number, marked: boolean): void {
  const place = { x: left - 6, y: top + (row + 0.5) * cell, turn: 0, align: 'right' } as const;
  drawLabel(context, labels.query.texts[row]!, place, marked);
}

function drawColumnLabel(
  context: Context,
  { left, top, cell }: Layout,
  column: number,
  marked: boolean,
): void {
  const place = { x: left + (column + 0.5) * cell, y: top - 8, turn: SLOPE, align: 'left' } as const;
  drawLabel(context, labels.key.texts[column]!, place, marked);
}

/** Draws one part of the head in view. */
export function drawMap(canvas: HTMLCanvasElement, part: number, layout: Layout): void {
  const { left, top, cell, every } = layout;
  const context = openCanvas(canvas, layout);
  const map = document.createElement('canvas');
  map.width = columns;
  map.height = rows;
  const { name } = partOf(view.layer, part);
  paint(map, weightsOf(view.layer, part, view.head), name);
  context.imageSmoothingEnabled = false;
  context.drawImage(map, left, top, columns * cell, rows * cell);
  if (cell >= 10) drawLines(context, layout);
  for (let i = 0; i < rows; i += every.row) drawRowLabel(context, layout, i, false);
  for (let j = 0; j < columns; j += every.column) drawColumnLabel(context, layout, j, false);
  drawEntropies(context, layout, name, entropiesOf(view.layer, part, view.head));
}

function drawLines(context: Context, { left, top, cell }: Layout): void {
  context.strokeStyle = css('--card');
  context.beginPath();
  for (let i = 0; i <= rows; i++) {
    context.moveTo(left, top + i * cell);
    context.lineTo(left + columns * cell, top + i * cell);
  }
  for (let j = 0; j <= columns; j++) {
    context.moveTo(left + j * cell, top);
    context.lineTo(left + j * cell, top + rows * cell);
  }
  context.stroke();
}

function drawEntropies(context: Context, layout: Layout, name: string, entropies: Float32Array): void {
  const { left, top, cell, every, bar } = layout;
  const x = left + columns * cell + 8;
  const tall = cell < 6 ? cell : Math.min(cell - 2, 10);
  const full = barColour(name);
  for (const [i, bits] of entropies.entries()) {
    const y = top + (i + 0.5) * cell;
    context.fillStyle = css('--track');
    context.fillRect(x, y - tall / 2, bar, tall);
    context.fillStyle = full;
    context.fillRect(x, y - tall / 2, (bar * bits) / mostBits, tall);
    if (every.row === 1) {
      context.fillStyle = css('--soft');
      context.fillText(bits.toFixed(1), x + bar + 6, y + 0.5);
    }
  }
}

/** Draws marks on a canvas of their own above the map, so that the map is not drawn again for each of them. */
export function drawMarks(context: Context, layout: Layout, marked: Cell | null): void {
  const { left, top, cell, width, height } = layout;
  context.clearRect(0, 0, width, height);
  if (marked === null) return;
  // Around the cells, so that small ones are not covered.
  context.strokeStyle = css('--focus');
  context.lineWidth = cell < 8 ? 1 : 1.5;
  context.strokeRect(left - 0.5, top + marked.row * cell - 0.5, columns * cell + 1, cell + 1);
  context.strokeRect(left + marked.column * cell - 0.5, top - 0.5, cell + 1, rows * cell + 1);
  drawRowLabel(context, layout, marked.row, true);
  drawColumnLabel(context, layout, marked.column, true);
}
