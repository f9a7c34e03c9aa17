/** Colours of the matrix, and their legend. */

import { byId } from '../../../explain/browser/elements.js';
import type { Rgb } from '../../../explain/browser/oklch.js';
import { drawRamp, onRamp, rgb } from '../../../explain/browser/ramp.js';
import { matrixCells } from './matrix.js';
import { cosineAt, lowestCosine, similar } from './similar.js';

/** Many models leave half of the scale from 0 to 1 empty: hence the other one, from the lowest cosine. */
function colourOf(cosine: number, lowest: number): Rgb {
  if (similar.range === 'lowest') return onRamp('attention', (cosine - lowest) / (1 - lowest));
  return onRamp(cosine < 0 ? 'dot-product' : 'attention', Math.abs(cosine));
}

/** White or black, whichever has the greater contrast by the luminance of WCAG. */
function inkOn(channels: Rgb): string {
  const [red, green, blue] = channels.map((x) =>
    x <= 10 ? x / 3294 : ((x / 255 + 0.055) / 1.055) ** 2.4,
  ) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000000' : '#ffffff';
}

export function paintMatrix(): void {
  const lowest = lowestCosine();
  for (const [i, row] of matrixCells().entries()) {
    for (const [j, cell] of row.entries()) {
      const colour = colourOf(cosineAt(i, j), lowest);
      cell.style.background = rgb(colour);
      cell.style.color = inkOn(colour);
    }
  }
  const from = similar.range === 'whole' ? 0 : lowest;
  drawRamp(byId<HTMLCanvasElement>('ramp'), (place) => colourOf(from + (1 - from) * place, lowest));
  byId('scale-start').textContent = from === 0 ? '0' : from.toFixed(2);
  byId('scale-middle').textContent = ((from + 1) / 2).toFixed(from === 0 ? 1 : 2);
}
