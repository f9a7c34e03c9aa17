/** Colours: one hue a kind of score, with even steps of lightness in OKLCH, on three scales, in two themes. */
export const COLOUR_SCRIPT = `
function toLinear(l, c, h) {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const cube = (x) => x * x * x;
  const long = cube(l + 0.3963377774 * a + 0.2158037573 * b);
  const medium = cube(l - 0.1055613458 * a - 0.0638541728 * b);
  const short = cube(l - 0.0894841775 * a - 1.291485548 * b);
  return [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
}

/* The nearest colour of this lightness and hue that a screen has: clipped channels would bend the lightness. */
function oklch(l, c, h) {
  let linear = toLinear(l, c, h);
  while (c > 0.002 && linear.some((x) => x < 0 || x > 1)) {
    c *= 0.96;
    linear = toLinear(l, c, h);
  }
  return linear.map((x) => {
    const y = x <= 0.0031308 ? 12.92 * x : 1.055 * Math.pow(Math.min(1, x), 1 / 2.4) - 0.055;
    return Math.round(255 * Math.max(0, y));
  });
}

const preference = matchMedia('(prefers-color-scheme: dark)');
let chosen = null;
function theme() {
  return chosen || (preference.matches ? 'dark' : 'light');
}

/* Blue for the whole, orange for what compares tokens, green for what does not. */
const HUES = { attention: 264, 'dot-product': 50 };
const ramps = new Map();
function ramp(name) {
  const hue = Object.hasOwn(HUES, name) ? HUES[name] : 165;
  const key = hue + theme();
  if (!ramps.has(key)) {
    const shades = Array.from({ length: 256 }, (_, i) => {
      const t = i / 255;
      if (theme() === 'dark') return oklch(0.2 + 0.75 * t, 0.015 + 0.3 * t * (1 - 0.8 * t), hue);
      return oklch(0.985 - 0.665 * t, 0.19 * Math.min(1, 1.6 * t), hue);
    });
    ramps.set(key, shades);
  }
  return ramps.get(key);
}

/* From a weight to its place on the ramp, the weight in the middle of the ramp and the one at its start. */
const SCALES = {
  linear: { place: (weight) => weight, middle: '0.5', start: '0' },
  root: { place: Math.sqrt, middle: '0.25', start: '0' },
  log: { place: (weight) => Math.max(0, 1 + Math.log10(weight) / 4), middle: '0.01', start: '0.0001' },
};
let scale = 'root';
function shade(name, weight) {
  return ramp(name)[Math.round(255 * Math.min(1, SCALES[scale].place(weight)))];
}

/* The colours of all 65536 weights, as pixels: a map is then one look-up a cell. */
const tables = new Map();
function pixelsOf(name) {
  const key = [name, theme(), scale].join('/');
  if (!tables.has(key)) {
    const table = new Uint32Array(steps + 1);
    for (let i = 0; i <= steps; i++) {
      const [r, g, b] = shade(name, i / steps);
      table[i] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
    tables.set(key, table);
  }
  return tables.get(key);
}

const rgb = (channels) => 'rgb(' + channels.join() + ')';
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
`;
