// Points with error bars as SVG text: names beside them, moved apart where they would meet.
import { spread } from '../../bench/lib/spread.mjs';

const WIDTH = 860;
const HEIGHT = 460;
const MARGIN = { left: 62, right: 140, top: 64, bottom: 56 };
const LABEL_HEIGHT = 16;
const LEFT = MARGIN.left;
const RIGHT = WIDTH - MARGIN.right;
const TOP = MARGIN.top;
const BOTTOM = HEIGHT - MARGIN.bottom;

/** Of the page in light and in dark: the baseline, then the others. */
const STYLE = `<style>
svg{color:#1f2328;font:13px system-ui,sans-serif}
text{fill:currentColor}
.title{font-size:16px;font-weight:600}
.quiet{opacity:.75}
.grid{stroke:currentColor;opacity:.15}
.axis{stroke:currentColor}
.baseline{color:#d55e00}
.other{color:#0072b2}
.bar{stroke:currentColor;stroke-width:1.5}
.mark{fill:currentColor}
.leader{stroke:currentColor;opacity:.4}
@media (prefers-color-scheme:dark){svg{color:#e6edf3}.baseline{color:#ff9a4d}.other{color:#56b4e9}}
</style>`;

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const round = (x) => Number(x.toFixed(1));

/** An axis around all values, whose ends and steps are 1, 2 or 5 times a power of ten. */
function axis(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 6));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= 6);
  const first = Math.floor((low - 0.05 * span) / step) * step;
  const last = Math.ceil((high + 0.05 * span) / step) * step;
  const ticks = Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => first + i * step);
  return { first, last, ticks: ticks.map((tick) => Number(tick.toPrecision(10))) };
}

/** @param points [{name, baseline, x, y, low, high}] @returns the SVG */
export function scatterChart({ title, subtitle, xLabel, yLabel, points }) {
  const across = axis(points.map(({ x }) => x));
  const up = axis(points.flatMap(({ low, high }) => [low, high]));
  const x = (value) => round(LEFT + ((value - across.first) / (across.last - across.first)) * (RIGHT - LEFT));
  const y = (value) => round(BOTTOM - ((value - up.first) / (up.last - up.first)) * (BOTTOM - TOP));
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}">`,
    STYLE,
    `<text class="title" x="${LEFT}" y="24">${escapeXml(title)}</text>`,
    `<text class="quiet" x="${LEFT}" y="44">${escapeXml(subtitle)}</text>`,
  ];
  for (const tick of up.ticks) {
    out.push(
      `<path class="grid" d="M${LEFT} ${y(tick)}H${RIGHT}"/>`,
      `<text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    );
  }
  for (const tick of across.ticks) {
    out.push(
      `<path class="axis" d="M${x(tick)} ${BOTTOM}v5"/>`,
      `<text x="${x(tick)}" y="${BOTTOM + 20}" text-anchor="middle">${tick.toLocaleString('en-US')}</text>`,
    );
  }
  out.push(
    `<path class="axis" d="M${LEFT} ${BOTTOM}H${RIGHT}M${LEFT} ${TOP}V${BOTTOM}"/>`,
    `<text x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    `<text transform="translate(16 ${(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeXml(yLabel)}</text>`,
  );
  const places = spread(
    points.map((point) => y(point.y)),
    LABEL_HEIGHT,
    TOP,
    BOTTOM,
  );
  for (const [i, point] of points.entries()) {
    const [px, py, place] = [x(point.x), y(point.y), round(places[i])];
    out.push(
      `<g class="${point.baseline ? 'baseline' : 'other'}">`,
      `<path class="bar" d="M${px} ${y(point.low)}V${y(point.high)}"/>`,
      `<circle class="mark" cx="${px}" cy="${py}" r="5"/>`,
      `<path class="leader" d="M${px + 8} ${py}L${RIGHT + 8} ${place}"/>`,
      `<text x="${RIGHT + 12}" y="${place + 4.5}">${escapeXml(point.name)}</text></g>`,
    );
  }
  out.push('</svg>', '');
  return out.join('\n');
}
