/** Colours of the pages, against the conversion in the other direction. */
import { describe, expect, it } from '@jest/globals';
import { oklch, type Rgb } from '../../../lib/explain/browser/oklch.js';

/** Lightness, chroma and hue of channels from 0 to 255, by Ottosson's matrices. */
function toOklch(channels: Rgb): [l: number, c: number, h: number] {
  const [r, g, b] = channels.map((x) => (x <= 10 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const medium = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const lightness = 0.2104542553 * long + 0.793617785 * medium - 0.0040720468 * short;
  const x = 1.9779984951 * long - 2.428592205 * medium + 0.4505937099 * short;
  const y = 0.0259040371 * long + 0.7827717662 * medium - 0.808675766 * short;
  return [lightness, Math.hypot(x, y), ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360];
}

describe('oklch', () => {
  it('gives back every colour within what a screen has', () => {
    const steps = [20, 70, 120, 170, 220];
    const colours = steps.flatMap((r) => steps.flatMap((g) => steps.map((b): Rgb => [r, g, b])));
    expect(colours.map((colour) => oklch(...toOklch(colour)))).toEqual(colours);
  });

  it.each([264, 50, 165])('keeps lightness and hue %d where no screen has the chroma', (hue) => {
    for (const lightness of [0.4, 0.6, 0.8]) {
      const [l, c, h] = toOklch(oklch(lightness, 0.4, hue));
      // Channels are rounded to whole numbers.
      expect(Math.abs(l - lightness)).toBeLessThan(0.005);
      expect(Math.abs(h - hue)).toBeLessThan(2);
      expect(c).toBeGreaterThan(0.05);
      expect(c).toBeLessThan(0.4);
    }
  });
});
