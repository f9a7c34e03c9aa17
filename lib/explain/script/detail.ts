/** The chosen head: its parts side by side, and how cells are marked. */
export const DETAIL_SCRIPT = `
let panels = [];
let box;

function select(layer, head) {
  Object.assign(view, { layer, head });
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
  panels = layers[view.layer].parts.map((part, p) => {
    const figure = element('figure', byId('panels'));
    buildCaption(figure, part);
    const map = element('div', element('div', figure, undefined, 'scroll'), undefined, 'map');
    const canvas = element('canvas', map, undefined, 'cells');
    const marks = element('canvas', map, undefined, 'marks');
    canvas.tabIndex = 0;
    canvas.setAttribute('role', 'application');
    canvas.setAttribute('aria-roledescription', 'heat map');
    canvas.setAttribute('aria-label', 'Weights of ' + part.name + ', ' + rows + ' by ' + columns + '; arrow keys move');
    canvas.setAttribute('aria-describedby', 'readout');
    canvas.addEventListener('pointermove', (event) => { if (event.pointerType !== 'touch') mark(cellAt(canvas, event)); });
    canvas.addEventListener('pointerleave', () => mark(view.pinned));
    canvas.addEventListener('click', (event) => pin(cellAt(canvas, event)));
    canvas.addEventListener('keydown', moveInMap);
    return { part: p, canvas, marks };
  });
  drawPanels();
  tell();
}

function buildCaption(figure, part) {
  const caption = element('figcaption', figure);
  element('span', caption, part.name === 'attention' ? 'Attention' : part.name + ' alone');
  if (part.mix === undefined) return;
  element('span', caption, ', weighs ' + part.mix.toFixed(3) + ' in the mixture', 'soft');
  const share = element('i', element('span', caption, undefined, 'share'));
  share.style.width = 100 * Math.min(1, Math.max(0, part.mix)) + '%';
  share.dataset.part = part.name;
}

function drawPanels() {
  if (panels.length === 0) return;
  box = layout(panels.length);
  for (const panel of panels) {
    drawMap(panel);
    panel.context = opened(panel.marks, box);
    drawMarks(panel);
  }
  for (const share of document.querySelectorAll('.share i')) {
    share.style.background = rgb(ramp(share.dataset.part)[theme() === 'dark' ? 170 : 130]);
  }
}

function cellAt(canvas, event) {
  const edge = canvas.getBoundingClientRect();
  const row = Math.floor((event.clientY - edge.top - box.top) / box.cell);
  const column = Math.floor((event.clientX - edge.left - box.left) / box.cell);
  return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null;
}

function mark(cell) {
  const { row, column } = cell || { row: -1, column: -1 };
  if (row === view.row && column === view.column) return;
  Object.assign(view, { row, column });
  for (const panel of panels) drawMarks(panel);
  tell();
}

/* A click keeps a cell, a second one lets it go. */
function pin(cell) {
  const { pinned } = view;
  const again = pinned && cell && pinned.row === cell.row && pinned.column === cell.column;
  view.pinned = again ? null : cell;
  mark(view.pinned);
}

function moveInMap(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const step = MOVES[event.key];
  const { row, column } = view;
  let cell;
  if (event.key === 'Escape') cell = null;
  else if (event.key === 'Home') cell = { row: Math.max(0, row), column: 0 };
  else if (event.key === 'End') cell = { row: Math.max(0, row), column: columns - 1 };
  else if (!step) return;
  else if (row < 0) cell = { row: 0, column: 0 };
  else cell = { row: within(row + step[0], rows), column: within(column + step[1], columns) };
  event.preventDefault();
  view.pinned = cell;
  mark(cell);
  if (cell) showCell(event.currentTarget.closest('.scroll'), cell);
}

/* A map that is wider than its place follows the mark. */
function showCell(scroll, { column }) {
  const begin = box.left + column * box.cell;
  if (begin - box.left < scroll.scrollLeft) scroll.scrollLeft = begin - box.left;
  const end = begin + box.cell - scroll.clientWidth;
  if (end > scroll.scrollLeft) scroll.scrollLeft = end;
}
`;
