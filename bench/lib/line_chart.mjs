// A line chart as SVG text: logarithmic x, linear y from 0, names at the lines' ends.
import {
  axisNames,
  box,
  COLORS,
  escapeXml,
  level as levelLine,
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

const BOX = box({ width: 860, height: 460, margin: { left: 62, right: 236, top: 64, bottom: 56 } });
const { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM } = BOX;
const LABEL_HEIGHT = 16;

/** One path around 0, 0 for each kind of mark: their shapes tell lines apart where colours do not. */
const MARKS = [
  'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z',
  'M-3.2 -3.2h6.4v6.4h-6.4z',
  'M0 -4.4L4 2.8H-4z',
  'M0 -4.6L4.6 0L0 4.6L-4.6 0z',
  'M0 4.4L4 -2.8H-4z',
];

const OWN_RULES = [
  '.line{fill:none;stroke:currentColor;stroke-width:1.6;stroke-linejoin:round}',
  '.own{stroke-width:3}',
  '.mark{fill:currentColor}',
  '.level{stroke:currentColor;stroke-dasharray:6 5;stroke-width:1.5}',
  '.leader{stroke:currentColor;opacity:.5;fill:none}',
];

function colours(count) {
  const rules = (column) =>
    COLORS.slice(0, count)
      .map((pair, i) => `.s${i}{color:${pair[column]}}`)
      .join('');
  return style(['title', 'quiet', 'grid', 'axis'], [...OWN_RULES, rules(0)], rules(1));
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
  const unit = stepOf(highest, 8);
  const top = Math.ceil((highest * 1.02) / unit) * unit;
  const powers = scale(Math.log2(sizes[0]), Math.log2(sizes.at(-1)), LEFT, RIGHT);
  const x = (n) => powers(Math.log2(n));
  const y = scale(0, top, BOTTOM, TOP);
  const out = [
    opening(BOX, title),
    colours(series.length),
    titleText(BOX, title),
    subtitleText(BOX, subtitle),
  ];
  for (let value = 0; value <= top * 1.0001; value += unit) {
    const number = String(Number(value.toPrecision(6)));
    out.push(...levelLine(BOX, y(value), number, value === 0 ? 'axis' : 'grid'));
  }
  // Sizes that would run into the one before stay without a number.
  let taken = Number.NEGATIVE_INFINITY;
  for (const n of sizes) {
    out.push(`<path class="axis" d="M${x(n)} ${BOTTOM}v5"/>`);
    if (x(n) - taken < 30) continue;
    taken = x(n);
    out.push(text(x(n), BOTTOM + 20, String(n), 'middle'));
  }
  out.push(`<path class="axis" d="M${LEFT} ${TOP}V${BOTTOM}"/>`, ...axisNames(BOX, xLabel, yLabel));
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
