/** Small maps of all heads, drawn when they are first seen. */
export const OVERVIEW_SCRIPT = `
const MOST_PIXELS = 96;
const thumbs = [];
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    const thumb = thumbs[Number(entry.target.dataset.index)];
    thumb.visible = true;
    drawThumb(thumb);
    seen.unobserve(entry.target);
  }
}, { rootMargin: '200px' });

/* A pixel is the largest of its weights: a mean would wash out a line that is one token wide. */
function drawThumb({ layer, head, canvas, visible }) {
  if (!visible) return;
  const block = Math.ceil(Math.max(rows, columns) / MOST_PIXELS);
  const [height, width] = [Math.ceil(rows / block), Math.ceil(columns / block)];
  const largest = new Uint16Array(height * width);
  const weights = weightsOf(layer, 0).subarray(head * rows * columns, (head + 1) * rows * columns);
  for (let i = 0, from = 0; i < rows; i++) {
    const to = Math.floor(i / block) * width;
    for (let j = 0; j < columns; j++, from++) {
      const pixel = to + Math.floor(j / block);
      if (weights[from] > largest[pixel]) largest[pixel] = weights[from];
    }
  }
  canvas.width = width;
  canvas.height = height;
  paint(canvas.getContext('2d'), largest, layers[layer].parts[0].name);
}

function paint(context, weights, name) {
  const { width, height } = context.canvas;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const table = pixelsOf(name);
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[weights[i]];
  context.putImageData(image, 0, 0);
}

function buildOverview() {
  const grid = byId('grid');
  const numbered = layers.every(({ name }, l) => name === 'layer ' + l);
  grid.classList.toggle('named', !numbered);
  const widest = layers.reduce((heads, layer) => Math.max(heads, layer.heads), 0);
  grid.style.setProperty('--heads', widest);
  const heading = element('div', grid, undefined, 'heads');
  heading.setAttribute('aria-hidden', 'true');
  element('span', heading, '', 'name');
  for (let head = 0; head < widest; head++) element('span', heading, String(head));
  layers.forEach((layer, l) => {
    const row = element('div', grid, undefined, 'row');
    row.setAttribute('role', 'row');
    const label = element('span', row, numbered ? String(l) : l + ' ' + layer.name, 'name');
    label.setAttribute('role', 'rowheader');
    label.title = layer.name + ' (' + layer.kind + ')';
    for (let head = 0; head < layer.heads; head++) buildThumb(row, l, head);
  });
}

function buildThumb(row, layer, head) {
  const cell = element('button', row, undefined, 'cell');
  cell.type = 'button';
  cell.tabIndex = -1;
  cell.setAttribute('role', 'gridcell');
  const mean = meanEntropy(layer, 0, head).toFixed(2);
  const title = layers[layer].name + ', head ' + head + ': mean entropy ' + mean + ' bits';
  cell.setAttribute('aria-label', title);
  cell.title = title;
  const canvas = element('canvas', cell);
  canvas.dataset.index = String(thumbs.length);
  element('i', cell).style.width = Math.max(4, (100 * mean) / most) + '%';
  cell.addEventListener('click', () => select(layer, head));
  cell.addEventListener('keydown', moveInOverview);
  thumbs.push({ layer, head, cell, canvas, visible: false });
  seen.observe(canvas);
}

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const within = (x, count) => Math.min(count - 1, Math.max(0, x));

function moveInOverview(event) {
  const step = MOVES[event.key];
  if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const layer = within(view.layer + step[0], layers.length);
  const head = within(view.head + step[1], layers[layer].heads);
  select(layer, head);
  thumbs.find((thumb) => thumb.layer === layer && thumb.head === head).cell.focus();
}
`;
