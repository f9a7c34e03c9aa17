/**
 * What all charts share: their frame, scales, colours and texts, as SVG. In JavaScript with types beside it, because the
 * command, the benchmarks and the scripts all draw with it, and the latter run without a build.
 */

/** For the page in light and in dark. Told apart by people who see few colours, on white and on black. */
export const COLORS = [
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

/** Rules that a chart may choose. */
const RULES = {
  title: '.title{font-size:16px;font-weight:600}',
  quiet: '.quiet{opacity:.75}',
  grid: '.grid{stroke:currentColor;opacity:.15}',
  axis: '.axis{stroke:currentColor}',
};

export const escapeXml = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A coordinate: a tenth of a pixel is fine enough. */
export const round = (x) => Number(x.toFixed(1));

export function box({ width, height, margin }) {
  const { left, right, top, bottom } = margin;
  return { width, height, left, right: width - right, top, bottom: height - bottom };
}

/** From values between `low` and `high` to coordinates between `from` and `to`. */
export function scale(low, high, from, to) {
  const span = high - low || 1;
  return (value) => round(from + ((value - low) / span) * (to - from));
}

/** 1, 2 or 5 times a power of ten: at most `most` steps over `span`. */
export function stepOf(span, most) {
  const power = 10 ** Math.floor(Math.log10(span / most));
  return [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= most);
}

/** @param label read out in the place of the picture; without one, the chart has a title element */
export function opening({ width, height }, label) {
  const aria = label === undefined ? '' : ` aria-label="${escapeXml(label)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"${aria}>`;
}

/**
 * @param shared names of the rules of this module
 * @param own rules of the chart
 * @param dark rules for the page in dark
 */
export function style(shared, own, dark) {
  return [
    '<style>',
    'svg{color:#1f2328;font:13px system-ui,sans-serif}',
    'text{fill:currentColor}',
    ...shared.map((name) => RULES[name]),
    ...own,
    `@media (prefers-color-scheme:dark){svg{color:#e6edf3}${dark}}`,
    '</style>',
  ].join('\n');
}

/** @param anchor where x is in the text: 'end' or 'middle'; by default its start */
export function text(x, y, content, anchor) {
  const anchored = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}"${anchored}>${escapeXml(content)}</text>`;
}

export function title({ left }, content) {
  return `<text class="title" x="${left}" y="24">${escapeXml(content)}</text>`;
}

export function subtitle({ left }, content) {
  return `<text class="quiet" x="${left}" y="44">${escapeXml(content)}</text>`;
}

/** Names of both axes, below and at the left. */
export function axisNames({ left, right, top, bottom, height }, across, up) {
  const turned = `translate(16 ${(top + bottom) / 2}) rotate(-90)`;
  return [
    text((left + right) / 2, height - 12, across, 'middle'),
    `<text transform="${turned}" text-anchor="middle">${escapeXml(up)}</text>`,
  ];
}

/** A line across at the height y, with its number at the left. */
export function level({ left, right }, y, number, kind = 'grid') {
  return [`<path class="${kind}" d="M${left} ${y}H${right}"/>`, text(left - 8, y + 4, number, 'end')];
}

/**
 * Moves wanted places apart as little as is simple to do: neighbours that are closer than `gap` become one block,
 * centred where its members wanted to be, and the whole is kept between `low` and `high` where it fits.
 * @returns the places, in the order given
 */
export function spread(wanted, gap, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const blocks = [];
  for (const i of order) {
    blocks.push({ members: [i], start: wanted[i] });
    for (;;) {
      const block = blocks.at(-1);
      const before = blocks.at(-2);
      if (before === undefined || before.start + before.members.length * gap <= block.start) break;
      blocks.pop();
      before.members.push(...block.members);
      const mean = before.members.reduce((sum, m) => sum + wanted[m], 0) / before.members.length;
      const size = (before.members.length - 1) * gap;
      before.start = Math.max(low, Math.min(high - size, mean - size / 2));
    }
  }
  const places = new Array(wanted.length);
  for (const { members, start } of blocks) {
    for (const [k, i] of members.entries()) places[i] = start + k * gap;
  }
  return places;
}
