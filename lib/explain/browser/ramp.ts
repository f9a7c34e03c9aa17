/** Ramps of 256 colours: one hue for each kind of score, from the paper of the theme to its strongest colour. */
import { contextOf } from './elements.js';
import { oklch, type Rgb } from './oklch.js';
import { type Theme, theme } from './theme.js';

/** Blue for the whole, orange for scores that compare tokens, green for scores that do not. */
const HUES = new Map([
  ['attention', 264],
  ['dot-product', 50],
]);
const OTHER_HUE = 165;

const ramps = new Map<string, readonly Rgb[]>();

function shadeOf(t: number, hue: number, of: Theme): Rgb {
  if (of === 'dark') return oklch(0.2 + 0.75 * t, 0.015 + 0.3 * t * (1 - 0.8 * t), hue);
  return oklch(0.985 - 0.665 * t, 0.19 * Math.min(1, 1.6 * t), hue);
}

/** @param name of a part: 'attention' or a score function */
function ramp(name: string): readonly Rgb[] {
  const hue = HUES.get(name) ?? OTHER_HUE;
  const key = `${hue}${theme()}`;
  let shades = ramps.get(key);
  if (shades === undefined) {
    shades = Array.from({ length: 256 }, (_, i) => shadeOf(i / 255, hue, theme()));
    ramps.set(key, shades);
  }
  return shades;
}

/** The colour at a place from 0 to 1. */
export function onRamp(name: string, place: number): Rgb {
  return ramp(name)[Math.round(255 * Math.min(1, Math.max(0, place)))]!;
}

/** The colour of bars that stand for a part as a whole. */
export function barColour(name: string): string {
  return rgb(ramp(name)[theme() === 'dark' ? 170 : 130]!);
}

export function rgb(channels: Rgb): string {
  return `rgb(${channels.join()})`;
}

/** Fills a canvas from left to right. @param colourAt the colour at a place from 0 to 1 */
export function drawRamp(canvas: HTMLCanvasElement, colourAt: (place: number) => Rgb): void {
  const context = contextOf(canvas);
  const { width, height } = canvas;
  for (let x = 0; x < width; x++) {
    context.fillStyle = rgb(colourAt(x / (width - 1)));
    context.fillRect(x, 0, 1, height);
  }
}
