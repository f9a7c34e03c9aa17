/** The same as a plot: cosine to the original and speed over the number of replaced heads. */
import { box, COLORS, opening, scale, style, text, title } from '../chart/chart.mjs';
import type { Synthesis } from '../models/convert/synthesize/synthesize.js';

const BOX = box({ width: 720, height: 400, margin: { left: 60, right: 60, top: 60, bottom: 56 } });
const STEPS = 5;

const [[COSINE, COSINE_DARK], [SPEED, SPEED_DARK]] = COLORS as [[string, string], [string, string]];
/** Beside that of the mean, which it belongs to. */
const [LOW, LOW_DARK] = [COSINE_DARK, '#8ab8ff'];
const drawnIn = (kind: Line['kind'], colour: string) => `.${kind}{stroke:${colour};fill:${colour}}`;

const STYLE = style(
  ['title', 'grid'],
  [
    '.line{fill:none;stroke-width:2.5;stroke-linejoin:round}',
    drawnIn('cosine', COSINE) + drawnIn('low', LOW) + drawnIn('speed', SPEED),
    '.line.low{stroke-dasharray:6 4}',
    '.line.cosine,.line.low,.line.speed{fill:none}',
  ],
  drawnIn('cosine', COSINE_DARK) + drawnIn('low', LOW_DARK) + drawnIn('speed', SPEED_DARK),
);

interface Line {
  kind: 'cosine' | 'low' | 'speed';
  name: string;
  values: readonly number[];
}

export function tradeOffChart({ heads, points }: Synthesis): string {
  // The original itself, then the points by their numbers of heads.
  const all = [
    { heads: 0, meanCosine: 1, lowCosine: 1, speedup: 1 },
    ...[...points].sort((a, b) => a.heads - b.heads),
  ];
  const lines: Line[] = [
    { kind: 'cosine', name: 'cosine, mean', values: all.map((p) => p.meanCosine) },
    { kind: 'low', name: 'cosine, 1st percentile', values: all.map((p) => p.lowCosine) },
    { kind: 'speed', name: 'speed (right)', values: all.map((p) => p.speedup) },
  ];
  const cosines = all.flatMap((p) => [p.meanCosine, p.lowCosine]);
  const speeds = all.map((p) => p.speedup);
  const lowest = Math.max(-1, Math.floor(Math.min(...cosines) * 10 - 0.01) / 10);
  const [slowest, fastest] = [
    Math.floor(Math.min(...speeds) * 10 - 0.01) / 10,
    Math.ceil(Math.max(...speeds) * 10 + 0.01) / 10,
  ];
  const [cosine, speed] = [
    scale(lowest, 1, BOX.bottom, BOX.top),
    scale(slowest, fastest, BOX.bottom, BOX.top),
  ];
  const x = scale(0, heads, BOX.left, BOX.right);
  const height = scale(0, 1, BOX.bottom, BOX.top);
  const grid = Array.from({ length: STEPS + 1 }, (_, i) => {
    const share = i / STEPS;
    const y = height(share);
    const label = (low: number, high: number) => (low + share * (high - low)).toFixed(2);
    return (
      `<line class="grid" x1="${BOX.left}" x2="${BOX.right}" y1="${y}" y2="${y}"/>` +
      text(BOX.left - 8, y + 4, label(lowest, 1), 'end') +
      text(BOX.right + 8, y + 4, label(slowest, fastest))
    );
  });
  const ticks = all.map((p) => text(x(p.heads), BOX.bottom + 20, String(p.heads), 'middle'));
  const drawn = lines.map(({ kind, name, values }, i) => {
    const y = kind === 'speed' ? speed : cosine;
    const at = values.map((value, j) => [x(all[j]!.heads), y(value)] as const);
    const marks = at.map(([cx, cy]) => `<circle class="${kind}" cx="${cx}" cy="${cy}" r="3.5"/>`);
    const legend = BOX.left + 8 + i * 190;
    return (
      `<path class="line ${kind}" d="M${at.map((pair) => pair.join(' ')).join('L')}"/>${marks.join('')}` +
      `<circle class="${kind}" cx="${legend}" cy="44" r="4"/>${text(legend + 10, 48, name)}`
    );
  });
  const middle = (BOX.left + BOX.right) / 2;
  return `${opening(BOX)}
<title>Cosine to the original and speed over the number of static heads</title>
${STYLE}
${title(BOX, 'Static heads: what is kept, what is gained')}
${[...grid, ...ticks, ...drawn].join('\n')}
${text(middle, BOX.bottom + 42, `heads with tables, of ${heads}`, 'middle')}
</svg>
`;
}
