/** Where a map lies in its canvas, in CSS pixels. */
import { columns, rows } from './data.js';
import { byId, contextOf } from './elements.js';
import { FONT, labels, SLOPE } from './labels.js';

export interface Layout {
  /** Corner of the first cell. */
  left: number;
  top: number;
  /** Edge of a cell. */
  cell: number;
  /** One row and one column of so many are named. */
  every: { row: number; column: number };
  /** Width of the largest entropy's bar. */
  bar: number;
  /** Size of the canvas. */
  width: number;
  height: number;
}

const GAP = 26;
/** A map is put beside another one where it has so much room. */
const LEAST_WIDTH = 300;
const LARGEST_CELL = 34;

function smallestCell(): number {
  if (columns > 512) return 1;
  return columns > 192 ? 2 : 3;
}

/** The layout of `count` maps, the same for all of them. */
export function layoutOf(count: number): Layout {
  const width = byId('panels').clientWidth;
  const abreast = [count, 2].find((n) => n <= count && width >= n * LEAST_WIDTH) ?? 1;
  const room = Math.floor((width - GAP * (abreast - 1)) / abreast);
  const left = labels.query.longest + 8;
  const bar = Math.min(56, Math.max(24, Math.floor(room * 0.09)));
  const right = bar + 40;
  const fitting = Math.floor((room - left - right) / columns);
  const cell = Math.max(smallestCell(), Math.min(LARGEST_CELL, fitting));
  // Slanted names need more room.
  const every = { row: Math.ceil(13 / cell), column: Math.ceil(14 / cell) };
  const top = Math.ceil(labels.key.longest * Math.sin(-SLOPE)) + 16;
  const slack = Math.max(right, Math.ceil(labels.key.longest * Math.cos(SLOPE)) + 8);
  const size = { width: left + columns * cell + slack, height: top + rows * cell + 4 };
  return { left, top, cell, every, bar, ...size };
}

/** Browsers allow a canvas no longer edge. */
const LONGEST_EDGE = 8192;

/** Empties a canvas and gives it its size, in the pixels of the screen as far as browsers allow. */
export function openCanvas(
  canvas: HTMLCanvasElement,
  { width, height }: Pick<Layout, 'width' | 'height'>,
): CanvasRenderingContext2D {
  const ratio = Math.min(window.devicePixelRatio || 1, LONGEST_EDGE / Math.max(width, height));
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = contextOf(canvas);
  context.scale(ratio, ratio);
  context.font = FONT;
  context.textBaseline = 'middle';
  return context;
}
