/** The same as a plot: cosine to the original and speed over the number of replaced heads. */
import type { Synthesis } from '../encoder/synthesize/synthesize.js';

const [WIDTH, HEIGHT] = [720, 400];
const BOX = { left: 60, right: WIDTH - 60, top: 60, bottom: HEIGHT - 56 };
const STEPS = 5;

const STYLE = `<style>
svg{color:#1f2328;font:13px system-ui,sans-serif}
text{fill:currentColor}
.title{font-size:16px;font-weight:600}
.grid{stroke:currentColor;opacity:.15}
.line{fill:none;stroke-width:2.5;stroke-linejoin:round}
.cosine{stroke:#0072b2;fill:#0072b2}.low{stroke:#56b4e9;fill:#56b4e9}.speed{stroke:#d55e00;fill:#d55e00}
.line.low{stroke-dasharray:6 4}
.line.cosine,.line.low,.line.speed{fill:none}
@media (prefers-color-scheme:dark){svg{color:#e6edf3}.cosine{stroke:#56b4e9;fill:#56b4e9}.low{stroke:#8ab8ff;fill:#8ab8ff}.speed{stroke:#ff9a4d;fill:#ff9a4d}}
</style>`;

const round = (x: number) => Number(x.toFixed(1));

interface Line {
  kind: 'cosine' | 'low' | 'speed';
  name: string;
  values: readonly number[];
}

/** A scale from `low` to `high` up the box. */
function scale(low: number, high: number): (value: number) => number {
  return (value) => round(BOX.bottom - ((value - low) / (high - low)) * (BOX.bottom - BOX.top));
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
  const [cosine, speed] = [scale(lowest, 1), scale(slowest, fastest)];
  const x = (n: number) => round(BOX.left + (n / heads) * (BOX.right - BOX.left));
  const grid = Array.from({ length: STEPS + 1 }, (_, i) => {
    const share = i / STEPS;
    const y = round(BOX.bottom - share * (BOX.bottom - BOX.top));
    const label = (low: number, high: number) => (low + share * (high - low)).toFixed(2);
    return (
      `<line class="grid" x1="${BOX.left}" x2="${BOX.right}" y1="${y}" y2="${y}"/>` +
      `<text x="${BOX.left - 8}" y="${y + 4}" text-anchor="end">${label(lowest, 1)}</text>` +
      `<text x="${BOX.right + 8}" y="${y + 4}">${label(slowest, fastest)}</text>`
    );
  });
  const ticks = all.map(
    (p) => `<text x="${x(p.heads)}" y="${BOX.bottom + 20}" text-anchor="middle">${p.heads}</text>`,
  );
  const drawn = lines.map(({ kind, name, values }, i) => {
    const y = kind === 'speed' ? speed : cosine;
    const at = values.map((value, j) => [x(all[j]!.heads), y(value)] as const);
    const marks = at.map(([cx, cy]) => `<circle class="${kind}" cx="${cx}" cy="${cy}" r="3.5"/>`);
    const legend = BOX.left + 8 + i * 190;
    return (
      `<path class="line ${kind}" d="M${at.map((pair) => pair.join(' ')).join('L')}"/>${marks.join('')}` +
      `<circle class="${kind}" cx="${legend}" cy="44" r="4"/><text x="${legend + 10}" y="48">${name}</text>`
    );
  });
  const middle = (BOX.left + BOX.right) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
<title>Cosine to the original and speed over the number of static heads</title>
${STYLE}
<text class="title" x="${BOX.left}" y="24">Static heads: what is kept, what is gained</text>
${[...grid, ...ticks, ...drawn].join('\n')}
<text x="${middle}" y="${BOX.bottom + 42}" text-anchor="middle">heads with tables, of ${heads}</text>
</svg>
`;
}
