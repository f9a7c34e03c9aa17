/** One map in large: cells, tokens on both axes, entropies; marks lie on a canvas of their own above it. */
export const MAP_SCRIPT = `
const FONT = '12px system-ui, sans-serif';
const SLOPE = -0.95;
const LONGEST_LABEL = 100;

/* Cut between letters as a reader sees them: an emoji may be many characters. */
function shortened(context, token) {
  if (token === '') return '∅';
  const letters = Intl.Segmenter
    ? Array.from(new Intl.Segmenter().segment(token), ({ segment }) => segment)
    : Array.from(token);
  let text = token;
  for (let n = letters.length - 1; n > 0 && context.measureText(text).width > LONGEST_LABEL; n--) {
    text = letters.slice(0, n).join('') + '…';
  }
  return text;
}

let labels;
function measureLabels() {
  const context = document.createElement('canvas').getContext('2d');
  context.font = FONT;
  const measured = (tokens) => {
    const texts = tokens.map((token) => shortened(context, token));
    const widths = texts.map((text) => context.measureText(text).width);
    return { texts, longest: Math.ceil(Math.min(LONGEST_LABEL, widths.reduce((a, b) => Math.max(a, b), 0))) };
  };
  labels = { query: measured(queryTokens), key: measured(keyTokens) };
}

/* Where a map stands in its canvas, the same for all parts of a head. */
function layout(count) {
  const gap = 26;
  const width = byId('panels').clientWidth;
  const abreast = [count, 2].find((n) => n <= count && width >= n * 300) || 1;
  const wide = Math.floor((width - gap * (abreast - 1)) / abreast);
  const left = labels.query.longest + 8;
  const bar = Math.min(56, Math.max(24, Math.floor(wide * 0.09)));
  const right = bar + 40;
  const fitting = Math.floor((wide - left - right) / columns);
  const least = columns > 512 ? 1 : columns > 192 ? 2 : 3;
  const cell = Math.max(least, Math.min(34, fitting));
  /* Tokens named: slanted ones need more room. */
  const every = { row: Math.ceil(13 / cell), column: Math.ceil(14 / cell) };
  const top = Math.ceil(labels.key.longest * Math.sin(-SLOPE)) + 16;
  const slack = Math.max(right, Math.ceil(labels.key.longest * Math.cos(SLOPE)) + 8);
  const size = { width: left + columns * cell + slack, height: top + rows * cell + 4 };
  return { left, top, cell, every, bar, ...size };
}

/* Sharp on fine screens, but never beyond what browsers allow a canvas. */
function opened(canvas, { width, height }) {
  const ratio = Math.min(window.devicePixelRatio || 1, 8192 / Math.max(width, height));
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  context.font = FONT;
  context.textBaseline = 'middle';
  return context;
}

function drawLabel(context, text, x, y, turn, align, strong) {
  context.save();
  context.translate(x, y);
  context.rotate(turn);
  const width = Math.min(LONGEST_LABEL, context.measureText(text).width);
  const begin = align === 'right' ? -width : 0;
  if (strong) {
    context.fillStyle = css('--focus');
    context.beginPath();
    context.roundRect(begin - 4, -8, width + 8, 16, 4);
    context.fill();
  }
  /* A token may hold marks that reach far above its line. */
  context.beginPath();
  context.rect(begin - 2, -8, width + 4, 16);
  context.clip();
  context.fillStyle = css(strong ? '--on-focus' : '--ink');
  context.textAlign = align;
  context.direction = 'ltr';
  context.fillText(text, 0, 0, LONGEST_LABEL);
  context.restore();
}

function drawRowLabel(context, row, strong) {
  const y = box.top + (row + 0.5) * box.cell;
  drawLabel(context, labels.query.texts[row], box.left - 6, y, 0, 'right', strong);
}

function drawColumnLabel(context, column, strong) {
  const x = box.left + (column + 0.5) * box.cell;
  drawLabel(context, labels.key.texts[column], x, box.top - 8, SLOPE, 'left', strong);
}

function drawMap({ part, canvas }) {
  const { left, top, cell, every } = box;
  const context = opened(canvas, box);
  const map = document.createElement('canvas');
  map.width = columns;
  map.height = rows;
  const size = rows * columns;
  const { name } = layers[view.layer].parts[part];
  const weights = weightsOf(view.layer, part).subarray(view.head * size, (view.head + 1) * size);
  paint(map.getContext('2d'), weights, name);
  context.imageSmoothingEnabled = false;
  context.drawImage(map, left, top, columns * cell, rows * cell);
  if (cell >= 10) drawLines(context);
  for (let i = 0; i < rows; i += every.row) drawRowLabel(context, i, false);
  for (let j = 0; j < columns; j += every.column) drawColumnLabel(context, j, false);
  drawEntropies(context, name, entropiesOf(view.layer, part, view.head));
}

function drawLines(context) {
  const { left, top, cell } = box;
  context.strokeStyle = css('--card');
  context.beginPath();
  for (let i = 0; i <= rows; i++) {
    context.moveTo(left, top + i * cell);
    context.lineTo(left + columns * cell, top + i * cell);
  }
  for (let j = 0; j <= columns; j++) {
    context.moveTo(left + j * cell, top);
    context.lineTo(left + j * cell, top + rows * cell);
  }
  context.stroke();
}

function drawEntropies(context, name, bits) {
  const { left, top, cell, every, bar } = box;
  const x = left + columns * cell + 8;
  const tall = cell < 6 ? cell : Math.min(cell - 2, 10);
  const full = rgb(ramp(name)[theme() === 'dark' ? 170 : 130]);
  for (let i = 0; i < rows; i++) {
    const y = top + (i + 0.5) * cell;
    context.fillStyle = css('--track');
    context.fillRect(x, y - tall / 2, bar, tall);
    context.fillStyle = full;
    context.fillRect(x, y - tall / 2, (bar * bits[i]) / most, tall);
    if (every.row === 1) {
      context.fillStyle = css('--soft');
      context.fillText(bits[i].toFixed(1), x + bar + 6, y + 0.5);
    }
  }
}

function drawMarks({ context }) {
  const { left, top, cell, width, height } = box;
  context.clearRect(0, 0, width, height);
  if (view.row < 0) return;
  /* Around the cells, so that small ones are not covered. */
  context.strokeStyle = css('--focus');
  context.lineWidth = cell < 8 ? 1 : 1.5;
  context.strokeRect(left - 0.5, top + view.row * cell - 0.5, columns * cell + 1, cell + 1);
  context.strokeRect(left + view.column * cell - 0.5, top - 0.5, cell + 1, rows * cell + 1);
  drawRowLabel(context, view.row, true);
  drawColumnLabel(context, view.column, true);
}
`;
