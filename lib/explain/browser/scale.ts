/** From weights to colours, on the scale that the reader chose. */
import { steps } from './data.js';
import { contextOf } from './elements.js';
import { onRamp } from './ramp.js';
import { theme } from './theme.js';

interface Scale {
  /** From a weight to its place on the ramp. */
  place(weight: number): number;
  /** The weight in the middle of the ramp. */
  middle: string;
  /** The weight at the start of the ramp. */
  start: string;
}

const SCALES = {
  linear: { place: (weight) => weight, middle: '0.5', start: '0' },
  root: { place: Math.sqrt, middle: '0.25', start: '0' },
  log: { place: (weight) => Math.max(0, 1 + Math.log10(weight) / 4), middle: '0.01', start: '0.0001' },
} satisfies Record<string, Scale>;

export type ScaleName = keyof typeof SCALES;

let chosen: ScaleName = 'root';

export function scaleName(): ScaleName {
  return chosen;
}

export function scale(): Scale {
  return SCALES[chosen];
}

export function chooseScale(name: ScaleName): void {
  chosen = name;
}

const tables = new Map<string, Uint32Array>();

/** The pixels of all weights: a map is then one look-up for each cell. */
function pixelsOf(name: string): Uint32Array {
  const key = [name, theme(), chosen].join('/');
  let table = tables.get(key);
  if (table === undefined) {
    table = new Uint32Array(steps + 1);
    for (let i = 0; i <= steps; i++) {
      const [red, green, blue] = onRamp(name, scale().place(i / steps));
      table[i] = (255 << 24) | (blue << 16) | (green << 8) | red;
    }
    tables.set(key, table);
  }
  return table;
}

/**
 * Paints one pixel for each weight.
 * @param weights [height, width] of the canvas, in steps
 * @param name of the part
 */
export function paint(canvas: HTMLCanvasElement, weights: Uint16Array, name: string): void {
  const context = contextOf(canvas);
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const table = pixelsOf(name);
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[weights[i]!]!;
  context.putImageData(image, 0, 0);
}
