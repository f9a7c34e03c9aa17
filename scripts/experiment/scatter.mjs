// Points with error bars as SVG text: names beside them, moved apart where they would meet.
import {
  axisNames,
  box,
  COLORS,
  level,
  opening,
  round,
  scale,
  spread,
  stepOf,
  style,
  subtitle as subtitleText,
  text,
  title as titleText,
} from '../../lib/chart/chart.mjs';

const BOX = box({ width: 860, height: 460, margin: { left: 62, right: 140, top: 64, bottom: 56 } });
const { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM } = BOX;
const LABEL_HEIGHT = 16;

const [OTHER, BASELINE] = COLORS;
const colours = (column) => [`.baseline{color:${BASELINE[column]}}`, `.other{color:${OTHER[column]}}`];
const STYLE = style(
  ['title', 'quiet', 'grid', 'axis'],
  [
    ...colours(0),
    '.bar{stroke:currentColor;stroke-width:1.5}',
    '.mark{fill:currentColor}',
    '.leader{stroke:currentColor;opacity:.4}',
  ],
  colours(1).join(''),
);

/** An axis around all values, whose ends and steps are 1, 2 or 5 times a power of ten. */
function axis(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high - low || Math.abs(high) || 1;
  const step = stepOf(span, 6);
  const first = Math.floor((low - 0.05 * span) / step) * step;
  const last = Math.ceil((high + 0.05 * span) / step) * step;
  const ticks = Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => first + i * step);
  return { first, last, ticks: ticks.map((tick) => Number(tick.toPrecision(10))) };
}

/** @param points [{name, baseline, x, y, low, high}] @returns the SVG */
export function scatterChart({ title, subtitle, xLabel, yLabel, points }) {
  const across = axis(points.map(({ x }) => x));
  const up = axis(points.flatMap(({ low, high }) => [low, high]));
  const x = scale(across.first, across.last, LEFT, RIGHT);
  const y = scale(up.first, up.last, BOTTOM, TOP);
  const out = [opening(BOX, title), STYLE, titleText(BOX, title), subtitleText(BOX, subtitle)];
  for (const tick of up.ticks) out.push(...level(BOX, y(tick), String(tick)));
  for (const tick of across.ticks) {
    out.push(
      `<path class="axis" d="M${x(tick)} ${BOTTOM}v5"/>`,
      text(x(tick), BOTTOM + 20, tick.toLocaleString('en-US'), 'middle'),
    );
  }
  out.push(
    `<path class="axis" d="M${LEFT} ${BOTTOM}H${RIGHT}M${LEFT} ${TOP}V${BOTTOM}"/>`,
    ...axisNames(BOX, xLabel, yLabel),
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
      `${text(RIGHT + 12, place + 4.5, point.name)}</g>`,
    );
  }
  out.push('</svg>', '');
  return out.join('\n');
}
