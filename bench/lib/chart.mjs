// A line chart as SVG text: logarithmic x, linear y from 0, names at the lines' ends.
import { spread } from './spread.mjs';

const WIDTH = 860;
const HEIGHT = 460;
const MARGIN = { left: 62, right: 236, top: 64, bottom: 56 };
const LABEL_HEIGHT = 16;
const LEFT = MARGIN.left;
const RIGHT = WIDTH - MARGIN.right;
const TOP = MARGIN.top;
const BOTTOM = HEIGHT - MARGIN.bottom;

/** Told apart by people who see few colours, on white and on black; the shape of the marks helps too. */
const COLORS = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#ff9a4d'],
  ['#007a5a', '#2fd3a5'],
  ['#a8478b', '#e59ac8'],
  ['#8a6d00', '#f0d442'],
  ['#5b5b5b', '#b8b8b8'],
  ['#7a3ff2', '#b79cff'],
  ['#a11d33', '#ff8095'],
  ['#3d6b1f', '#9bd46a'],
  ['#004f9e', '#8ab8ff'],
];

/** One path around 0, 0 for each kind of mark. */
const MARKS = [
  'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z',
  'M-3.2 -3.2h6.4v6.4h-6.4z',
  'M0 -4.4L4 2.8H-4z',
  'M0 -4.6L4.6 0L0 4.6L-4.6 0z',
  'M0 4.4L4 -2.8H-4z',
];

const escapeXml = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const round = (x) => Number(x.toFixed(1));

/** 1, 2 or 5 times a power of ten: at most eight steps up to `top`. */
function step(top) {
  const power = 10 ** Math.floor(Math.log10(top / 8));
  return [1, 2, 5, 10].map((factor) => factor * power).find((size) => top / size <= 8);
}

function style(count) {
  const rules = (column) =>
    COLORS.slice(0, count)
      .map((pair, i) => `.s${i}{color:${pair[column]}}`)
      .join('');
  return `<style>
svg{color:#1f2328;font:13px system-ui,sans-serif}
text{fill:currentColor}
.title{font-size:16px;font-weight:600}
.quiet{opacity:.75}
.grid{stroke:currentColor;opacity:.15}
.axis{stroke:currentColor}
.line{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round}
.own{stroke-width:3}
.mark{fill:currentColor}
.level{stroke:currentColor;stroke-dasharray:6 5;stroke-width:1.5}
.leader{stroke:currentColor;opacity:.5;fill:none}
${rules(0)}
@media (prefers-color-scheme:dark){svg{color:#e6edf3}${rules(1)}}
</style>`;
}

/**
 * @param series [{name, own, points: [[x, y]]}], x ascending and above 0; `own` ones are drawn thicker
 * @param level {name, value} of a dashed line across, or undefined
 * @returns the SVG
 */
export function lineChart({ title, subtitle, xLabel, yLabel, series, level }) {
  const sizes = [...new Set(series.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const values = series.flatMap(({ points }) => points.map(([, y]) => y));
  const highest = Math.max(...values, level?.value ?? 0);
  const unit = step(highest);
  const top = Math.ceil((highest * 1.02) / unit) * unit;
  const [first, last] = [Math.log2(sizes[0]), Math.log2(sizes.at(-1))];
  const x = (n) => round(LEFT + ((Math.log2(n) - first) / (last - first || 1)) * (RIGHT - LEFT));
  const y = (value) => round(BOTTOM - (value / top) * (BOTTOM - TOP));
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}">`,
    style(series.length),
    `<text class="title" x="${LEFT}" y="24">${escapeXml(title)}</text>`,
    `<text class="quiet" x="${LEFT}" y="44">${escapeXml(subtitle)}</text>`,
  ];
  for (let value = 0; value <= top * 1.0001; value += unit) {
    const text = String(Number(value.toPrecision(6)));
    out.push(
      `<path class="${value === 0 ? 'axis' : 'grid'}" d="M${LEFT} ${y(value)}H${RIGHT}"/>`,
      `<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${text}</text>`,
    );
  }
  // Sizes that would run into the one before stay without a number.
  let taken = Number.NEGATIVE_INFINITY;
  for (const n of sizes) {
    out.push(`<path class="axis" d="M${x(n)} ${BOTTOM}v5"/>`);
    if (x(n) - taken < 30) continue;
    taken = x(n);
    out.push(`<text x="${x(n)}" y="${BOTTOM + 20}" text-anchor="middle">${n}</text>`);
  }
  out.push(
    `<path class="axis" d="M${LEFT} ${TOP}V${BOTTOM}"/>`,
    `<text x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(16 ${(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>`,
  );
  if (level) out.push(`<path class="level" d="M${LEFT} ${y(level.value)}H${RIGHT}"/>`);
  for (const [i, { own, points }] of series.entries()) {
    const path = points.map(([n, value], p) => `${p === 0 ? 'M' : 'L'}${x(n)} ${y(value)}`).join('');
    out.push(`<g class="s${i % COLORS.length}"><path class="line${own ? ' own' : ''}" d="${path}"/>`);
    for (const [n, value] of points) {
      out.push(
        `<path class="mark" transform="translate(${x(n)} ${y(value)})" d="${MARKS[i % MARKS.length]}"/>`,
      );
    }
    out.push('</g>');
  }
  // Every line's name stands at the height of its end, moved apart where two would meet.
  const ends = series.map(({ name, points }, i) => {
    const [n, value] = points.at(-1);
    return { name, class: `s${i % COLORS.length}`, mark: MARKS[i % MARKS.length], from: x(n), at: y(value) };
  });
  if (level) ends.push({ name: level.name, class: '', from: RIGHT, at: y(level.value) });
  const places = spread(
    ends.map(({ at }) => at),
    LABEL_HEIGHT,
    TOP - 8,
    BOTTOM,
  );
  for (const [i, end] of ends.entries()) {
    const place = round(places[i]);
    // A line that ends early has no leader: it would cross the others.
    const leader =
      end.from === RIGHT ? `<path class="leader" d="M${RIGHT + 6} ${end.at}L${RIGHT + 22} ${place}"/>` : '';
    const mark = end.mark
      ? `<path class="mark" transform="translate(${RIGHT + 30} ${place})" d="${end.mark}"/>`
      : `<path class="level" d="M${RIGHT + 23} ${place}h14"/>`;
    out.push(
      `<g class="${end.class}">${leader}${mark}<text x="${RIGHT + 40}" y="${place + 4.5}">${escapeXml(end.name)}</text></g>`,
    );
  }
  out.push('</svg>', '');
  return out.join('\n');
}
