/** Script of the page: plain JavaScript without dependencies, drawn on canvases. No token ever becomes markup. */
export const PAGE_SCRIPT = String.raw`
'use strict';
const { layers, queryTokens, keyTokens, steps } = JSON.parse(document.getElementById('data').textContent);
const rows = queryTokens.length;
const columns = keyTokens.length;
const most = Math.log2(Math.max(2, columns));
const byId = (id) => document.getElementById(id);
const state = { layer: 0, head: 0, row: -1, column: -1, root: true };

/* ---- data: decoded when it is first looked at ---- */
const decoded = new Map();
function weightsOf(layer, part) {
  const key = layer + ' ' + part;
  if (!decoded.has(key)) {
    const bytes = Uint8Array.from(atob(layers[layer].parts[part].weights), (c) => c.charCodeAt(0));
    decoded.set(key, new Uint16Array(bytes.buffer));
  }
  return decoded.get(key);
}
const at = (layer, part, head, row, column) =>
  weightsOf(layer, part)[(head * rows + row) * columns + column] / steps;
function entropy(layer, part, head, row) {
  let sum = 0;
  for (let j = 0; j < columns; j++) {
    const w = at(layer, part, head, row, j);
    if (w > 0) sum -= w * Math.log2(w);
  }
  return sum;
}
function meanEntropy(layer, head) {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += entropy(layer, 0, head, i);
  return sum / rows;
}

/* ---- colour: one hue a kind, even steps of lightness in OKLCH ---- */
function oklch(l, c, h) {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const cube = (x) => x * x * x;
  const long = cube(l + 0.3963377774 * a + 0.2158037573 * b);
  const medium = cube(l - 0.1055613458 * a - 0.0638541728 * b);
  const short = cube(l - 0.0894841775 * a - 1.291485548 * b);
  const linear = [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
  return linear.map((x) => {
    const y = x <= 0.0031308 ? 12.92 * x : 1.055 * Math.pow(Math.min(1, x), 1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, y)));
  });
}
const HUES = { attention: 268, 'dot-product': 48 };
const hueOf = (name) => HUES[name] || 172;
const ramps = new Map();
function ramp(name) {
  const key = hueOf(name) + theme();
  if (!ramps.has(key)) {
    const dark = theme() === 'dark';
    ramps.set(key, Array.from({ length: 256 }, (_, i) => {
      const t = i / 255;
      const l = dark ? 0.22 + 0.72 * t : 0.985 - 0.68 * t;
      return oklch(l, dark ? 0.02 + 0.36 * t * (1 - 0.72 * t) : 0.19 * Math.sin(Math.min(1, t * 1.25) * 1.45), hueOf(name));
    }));
  }
  return ramps.get(key);
}
const shade = (name, weight) =>
  ramp(name)[Math.round(255 * Math.min(1, state.root ? Math.sqrt(weight) : weight))];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* ---- theme ---- */
let chosen;
const preference = matchMedia('(prefers-color-scheme: dark)');
function theme() { return chosen || (preference.matches ? 'dark' : 'light'); }
function applyTheme() {
  document.documentElement.dataset.theme = theme();
  byId('theme').textContent = theme() === 'dark' ? 'Light theme' : 'Dark theme';
  drawAll();
}
preference.addEventListener('change', () => { if (!chosen) applyTheme(); });
byId('theme').addEventListener('click', () => { chosen = theme() === 'dark' ? 'light' : 'dark'; applyTheme(); });
byId('scale').addEventListener('click', () => {
  state.root = !state.root;
  byId('scale').setAttribute('aria-pressed', String(state.root));
  drawAll();
});

/* ---- overview ---- */
const thumbs = [];
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    const thumb = thumbs[Number(entry.target.dataset.index)];
    thumb.visible = true;
    drawThumb(thumb);
    seen.unobserve(entry.target);
  }
});
function pixels(context, layer, part, head) {
  const name = layers[layer].parts[part].name;
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const to = 4 * (i * columns + j);
      const [r, g, b] = shade(name, at(layer, part, head, i, j));
      image.data[to] = r;
      image.data[to + 1] = g;
      image.data[to + 2] = b;
      image.data[to + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}
function drawThumb(thumb) {
  if (!thumb.visible) return;
  pixels(thumb.canvas.getContext('2d'), thumb.layer, 0, thumb.head);
}
function element(tag, parent, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}
function buildGrid() {
  const heading = element('div', byId('grid'));
  heading.className = 'heads';
  heading.setAttribute('aria-hidden', 'true');
  element('span', heading, '');
  const widest = Math.max(...layers.map(({ heads }) => heads));
  for (let head = 0; head < widest; head++) element('span', heading, String(head));
  layers.forEach((layer, l) => {
    const row = element('div', byId('grid'));
    row.className = 'row';
    row.setAttribute('role', 'row');
    const label = element('span', row, String(l));
    label.title = layer.name;
    for (let head = 0; head < layer.heads; head++) {
      const cell = element('button', row);
      cell.type = 'button';
      cell.className = 'cell';
      cell.setAttribute('role', 'gridcell');
      cell.tabIndex = -1;
      const canvas = element('canvas', cell);
      canvas.width = columns;
      canvas.height = rows;
      canvas.dataset.index = String(thumbs.length);
      const mean = meanEntropy(l, head);
      element('i', cell).style.width = Math.max(4, (100 * mean) / most) + '%';
      cell.setAttribute('aria-label', layer.name + ', head ' + head + ', mean entropy ' + mean.toFixed(2) + ' bits');
      cell.title = layer.name + ', head ' + head + ': ' + mean.toFixed(2) + ' bits';
      cell.addEventListener('click', () => select(l, head));
      cell.addEventListener('keydown', moveInGrid);
      thumbs.push({ layer: l, head, cell, canvas, visible: false });
      seen.observe(canvas);
    }
  });
}
const thumbAt = (layer, head) => thumbs.find((thumb) => thumb.layer === layer && thumb.head === head);
function moveInGrid(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step) return;
  event.preventDefault();
  const layer = Math.min(layers.length - 1, Math.max(0, state.layer + step[0]));
  const head = Math.min(layers[layer].heads - 1, Math.max(0, state.head + step[1]));
  select(layer, head);
  thumbAt(layer, head).cell.focus();
}

/* ---- detail ---- */
const short = (token) => {
  const letters = Array.from(token.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd'));
  return letters.length > 14 ? letters.slice(0, 13).join('') + '…' : letters.join('') || '∅';
};
const queryLabels = queryTokens.map(short);
const keyLabels = keyTokens.map(short);
let panels = [];
function select(layer, head) {
  Object.assign(state, { layer, head });
  for (const thumb of thumbs) {
    const here = thumb.layer === layer && thumb.head === head;
    thumb.cell.setAttribute('aria-selected', String(here));
    thumb.cell.tabIndex = here ? 0 : -1;
  }
  history.replaceState(null, '', '#' + layer + '.' + head);
  const { name, kind } = layers[layer];
  byId('detail-title').textContent = name + ', head ' + head + ' (' + kind + ')';
  buildPanels();
}
function buildPanels() {
  byId('panels').replaceChildren();
  panels = layers[state.layer].parts.map((part, p) => {
    const figure = element('figure', byId('panels'));
    const caption = element('figcaption', figure, part.name === 'attention' ? 'Attention' : part.name + ' alone');
    if (part.mix !== undefined) element('span', caption, ', weighs ' + part.mix.toFixed(3) + ' in the mixture');
    const scroll = element('div', figure);
    scroll.className = 'scroll';
    const canvas = element('canvas', scroll);
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'Heat map of ' + part.name + ', ' + rows + ' by ' + columns + '; arrow keys move');
    canvas.addEventListener('pointermove', (event) => point(p, event));
    canvas.addEventListener('pointerdown', (event) => point(p, event));
    canvas.addEventListener('pointerleave', () => mark(-1, -1));
    canvas.addEventListener('keydown', moveInMap);
    return { part: p, canvas, scroll };
  });
  drawPanels();
  mark(state.row, state.column);
}
function layout() {
  const probe = document.createElement('canvas').getContext('2d');
  const width = byId('panels').clientWidth;
  const count = panels.length;
  const abreast = [count, 2].find((n) => n <= count && width >= n * 250) || 1;
  const wide = Math.floor((width - 26 * (abreast - 1)) / abreast);
  const fontSize = 12;
  probe.font = fontSize + 'px system-ui, sans-serif';
  const longest = (labels) => Math.ceil(Math.max(...labels.map((label) => probe.measureText(label).width)));
  const left = Math.min(110, longest(queryLabels) + 10);
  const right = Math.min(64, Math.max(34, wide * 0.12));
  const cell = Math.max(5, Math.min(34, Math.floor((wide - left - right - 30) / columns)));
  const every = Math.max(1, Math.ceil(11 / cell));
  const top = Math.min(96, Math.ceil(longest(keyLabels) * 0.82) + 16);
  const slack = Math.ceil(longest(keyLabels) * 0.6);
  return { left, right, top, cell, every, fontSize, slack };
}
let box;
function drawPanels() {
  if (panels.length === 0) return;
  box = layout();
  for (const panel of panels) drawPanel(panel);
}
function drawPanel({ part, canvas }) {
  const { left, right, top, cell, every, fontSize, slack } = box;
  const width = left + columns * cell + Math.max(right + 30, Math.min(slack, 60));
  const height = top + rows * cell + 4;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  const c = canvas.getContext('2d');
  c.scale(ratio, ratio);
  const name = layers[state.layer].parts[part].name;
  const map = document.createElement('canvas');
  map.width = columns;
  map.height = rows;
  pixels(map.getContext('2d'), state.layer, part, state.head);
  c.imageSmoothingEnabled = false;
  c.drawImage(map, left, top, columns * cell, rows * cell);
  if (cell >= 12) {
    c.strokeStyle = css('--card');
    c.lineWidth = 1;
    c.beginPath();
    for (let i = 0; i <= rows; i++) { c.moveTo(left, top + i * cell); c.lineTo(left + columns * cell, top + i * cell); }
    for (let j = 0; j <= columns; j++) { c.moveTo(left + j * cell, top); c.lineTo(left + j * cell, top + rows * cell); }
    c.stroke();
  }
  c.font = fontSize + 'px system-ui, sans-serif';
  c.textBaseline = 'middle';
  for (let i = 0; i < rows; i += every) label(c, queryLabels[i], left - 6, top + (i + 0.5) * cell, 0, 'right', i === state.row);
  for (let j = 0; j < columns; j += every) {
    label(c, keyLabels[j], left + (j + 0.5) * cell, top - 6, -0.95, 'left', j === state.column);
  }
  c.textAlign = 'left';
  const begin = left + columns * cell + 6;
  for (let i = 0; i < rows; i++) {
    const bits = entropy(state.layer, part, state.head, i);
    const tall = Math.max(2, Math.min(cell - 2, 10));
    c.fillStyle = css('--line');
    c.fillRect(begin, top + (i + 0.5) * cell - tall / 2, right - 8, tall);
    c.fillStyle = 'rgb(' + ramp(name)[theme() === 'dark' ? 175 : 140].join() + ')';
    c.fillRect(begin, top + (i + 0.5) * cell - tall / 2, ((right - 8) * bits) / most, tall);
    if (cell >= 13) label(c, bits.toFixed(1), begin + right - 4, top + (i + 0.5) * cell, 0, 'left', i === state.row);
  }
  if (state.row >= 0) {
    c.strokeStyle = css('--focus');
    c.lineWidth = 1.5;
    c.strokeRect(left + 0.5, top + state.row * cell + 0.5, columns * cell - 1, cell - 1);
    c.strokeRect(left + state.column * cell + 0.5, top + 0.5, cell - 1, rows * cell - 1);
  }
}
function label(c, text, x, y, turn, align, strong) {
  c.save();
  c.translate(x, y);
  c.rotate(turn);
  c.textAlign = align;
  c.fillStyle = css(strong ? '--accent' : '--ink');
  c.fillText(text, 0, 0, 104);
  c.restore();
}
function point(p, event) {
  const edge = panels[p].canvas.getBoundingClientRect();
  const row = Math.floor((event.clientY - edge.top - box.top) / box.cell);
  const column = Math.floor((event.clientX - edge.left - box.left) / box.cell);
  mark(row >= 0 && row < rows && column >= 0 && column < columns ? row : -1, column);
}
function moveInMap(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step) return;
  event.preventDefault();
  const clamp = (x, high) => Math.min(high, Math.max(0, x));
  mark(clamp(state.row + (state.row < 0 ? 1 : step[0]), rows - 1), clamp(state.column + (state.row < 0 ? 1 : step[1]), columns - 1));
}
function mark(row, column) {
  if (row < 0) column = -1;
  if (row === state.row && column === state.column && byId('readout').textContent) return;
  Object.assign(state, { row, column });
  const out = byId('readout');
  out.replaceChildren();
  if (row < 0) {
    const mean = meanEntropy(state.layer, state.head);
    out.append('Mean entropy of the rows ');
    element('b', out, mean.toFixed(2) + ' bits');
    out.append(' of at most ' + most.toFixed(2) + '.');
  } else {
    const token = (text) => { element('span', out, '“' + text + '”').className = 'token'; };
    token(queryTokens[row]);
    out.append(' looks at ');
    token(keyTokens[column]);
    layers[state.layer].parts.forEach((part, p) => {
      out.append(p === 0 ? ' with ' : ', ' + part.name + ' ');
      element('b', out, at(state.layer, p, state.head, row, column).toFixed(4));
    });
    out.append('; its row has ' + entropy(state.layer, 0, state.head, row).toFixed(2) + ' bits.');
  }
  drawPanels();
}
function drawAll() {
  const legend = byId('ramp').getContext('2d');
  for (let x = 0; x < 160; x++) {
    legend.fillStyle = 'rgb(' + shade('attention', x / 159).join() + ')';
    legend.fillRect(x, 0, 1, 10);
  }
  for (const thumb of thumbs) drawThumb(thumb);
  drawPanels();
}

buildGrid();
applyTheme();
const wanted = /^#(\d+)\.(\d+)$/.exec(location.hash);
const valid = wanted && layers[Number(wanted[1])] && Number(wanted[2]) < layers[Number(wanted[1])].heads;
select(valid ? Number(wanted[1]) : 0, valid ? Number(wanted[2]) : 0);
let width = innerWidth;
addEventListener('resize', () => { if (innerWidth !== width) { width = innerWidth; drawPanels(); } });
`;
