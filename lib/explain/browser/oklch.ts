/** Colours by lightness, chroma and hue, in which equal steps of lightness look equal. */

/** Channels from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

const cube = (x: number): number => x * x * x;

/** Linear sRGB of an OKLCH colour; channels outside of 0 to 1 are not on a screen. */
function toLinear(l: number, c: number, h: number): Rgb {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const long = cube(l + 0.3963377774 * a + 0.2158037573 * b);
  const medium = cube(l - 0.1055613458 * a - 0.0638541728 * b);
  const short = cube(l - 0.0894841775 * a - 1.291485548 * b);
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
}

function toByte(x: number): number {
  const y = x <= 0.0031308 ? 12.92 * x : 1.055 * Math.min(1, x) ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.max(0, y));
}

/**
 * The colour of this lightness and hue whose chroma is the nearest that a screen has: clipped channels would change
 * the lightness.
 */
export function oklch(l: number, chroma: number, h: number): Rgb {
  let c = chroma;
  let linear = toLinear(l, c, h);
  while (c > 0.002 && linear.some((x) => x < 0 || x > 1)) {
    c *= 0.96;
    linear = toLinear(l, c, h);
  }
  const [red, green, blue] = linear;
  return [toByte(red), toByte(green), toByte(blue)];
}
