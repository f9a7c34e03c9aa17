/** Similarities as a heat map: a table, so that every number can be read, by eye, by key and by voice. */
export const MATRIX_SCRIPT = `
/* Cosines are in cosines[row][column]; the chosen row is what neighbours are shown of. */
const similar = { texts: [], cosines: [], row: 0, column: 0, lowest: 0, range: 'whole' };
let cells = [];

/* Least sizes of a cell: to be told apart, and to have its number in it; and of a number above a column. */
const LEAST = 9;
const NUMBERED = 30;
const COUNTED = 20;

function buildMatrix() {
  const { texts, cosines } = similar;
  const table = document.createElement('table');
  table.setAttribute('role', 'grid');
  table.setAttribute('aria-label', 'Cosine similarity of every two texts; arrow keys move');
  table.setAttribute('aria-describedby', 'pair');
  const heading = element('tr', element('thead', table));
  element('th', heading);
  texts.forEach((_, j) => {
    const name = element('th', heading);
    name.scope = 'col';
    element('span', name, String(j + 1));
  });
  const body = element('tbody', table);
  cells = texts.map((text, i) => {
    const row = element('tr', body);
    const name = element('th', row);
    name.scope = 'row';
    name.title = text;
    const label = element('span', name);
    element('b', label, String(i + 1));
    label.append(text);
    return texts.map((_, j) => {
      const cell = element('td', row, cosines[i][j].toFixed(2));
      cell.setAttribute('role', 'gridcell');
      cell.dataset.row = String(i);
      cell.dataset.column = String(j);
      return cell;
    });
  });
  table.addEventListener('click', (event) => {
    const place = placeOf(event.target);
    if (place) choose(place.row, place.column);
  });
  table.addEventListener('pointerover', (event) => {
    const place = event.pointerType !== 'touch' && placeOf(event.target);
    if (place) tellPair(place.row, place.column);
  });
  table.addEventListener('pointerleave', () => tellPair(similar.row, similar.column));
  table.addEventListener('keydown', moveInMatrix);
  byId('matrix').replaceChildren(table);
  similar.lowest = Math.min(0.99, ...cosines.map((row) => Math.min(...row)));
  sizeMatrix();
  paintMatrix();
}

/* A name stands for its text: its row, and the text itself in it. */
function placeOf(target) {
  const cell = target.closest('td');
  if (cell) return { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
  const name = target.closest('tbody th');
  if (!name) return null;
  const row = [...name.closest('tbody').rows].indexOf(name.parentElement);
  return { row, column: row };
}

function sizeMatrix() {
  const count = similar.texts.length;
  if (count === 0) return;
  const width = byId('matrix').clientWidth - 8;
  const label = Math.round(Math.min(230, Math.max(86, width * 0.3)));
  const cell = Math.max(LEAST, Math.min(46, Math.floor((width - label) / count) - 1));
  const table = byId('matrix').firstElementChild;
  const every = Math.ceil(COUNTED / (cell + 1));
  [...table.tHead.rows[0].cells].forEach((name, i) => {
    name.firstElementChild?.classList.toggle('unnamed', (i - 1) % every !== 0);
  });
  table.style.setProperty('--label', label + 'px');
  table.style.setProperty('--cell', cell + 'px');
  table.classList.toggle('small', cell < NUMBERED);
}

/* 0 to 1 as they are, or from the lowest of all on: many models leave half of the scale empty. */
function placeOnScale(cosine) {
  if (similar.range === 'whole') return { hue: cosine < 0 ? 'dot-product' : 'attention', place: Math.abs(cosine) };
  return { hue: 'attention', place: (cosine - similar.lowest) / (1 - similar.lowest) };
}

function colourOf(cosine) {
  const { hue, place } = placeOnScale(cosine);
  return ramp(hue)[Math.round(255 * Math.min(1, Math.max(0, place)))];
}

/* White or black, whichever has the greater contrast by the luminance of WCAG. */
function inkOn(channels) {
  const [r, g, b] = channels.map((x) => (x <= 10 ? x / 3294 : Math.pow((x / 255 + 0.055) / 1.055, 2.4)));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000000' : '#ffffff';
}

function paintMatrix() {
  cells.forEach((row, i) => row.forEach((cell, j) => {
    const colour = colourOf(similar.cosines[i][j]);
    cell.style.background = rgb(colour);
    cell.style.color = inkOn(colour);
  }));
  const context = byId('ramp').getContext('2d');
  const { width, height } = context.canvas;
  const [from, to] = similar.range === 'whole' ? [0, 1] : [similar.lowest, 1];
  for (let x = 0; x < width; x++) {
    context.fillStyle = rgb(colourOf(from + ((to - from) * x) / (width - 1)));
    context.fillRect(x, 0, 1, height);
  }
  byId('scale-start').textContent = from === 0 ? '0' : from.toFixed(2);
  byId('scale-middle').textContent = ((from + to) / 2).toFixed(from === 0 ? 1 : 2);
}

function markChosen() {
  cells.forEach((row, i) => {
    row[0].parentElement.setAttribute('aria-selected', String(i === similar.row));
    row.forEach((cell, j) => {
      const here = i === similar.row && j === similar.column;
      cell.classList.toggle('here', here);
      cell.tabIndex = here ? 0 : -1;
    });
  });
}

function choose(row, column) {
  Object.assign(similar, { row, column });
  markChosen();
  tellPair(row, column);
  tellNeighbours();
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const within = (x, count) => Math.min(count - 1, Math.max(0, x));

function moveInMatrix(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const count = similar.texts.length;
  let { row, column } = similar;
  if (event.key === 'Home') column = 0;
  else if (event.key === 'End') column = count - 1;
  else if (STEPS[event.key]) {
    row = within(row + STEPS[event.key][0], count);
    column = within(column + STEPS[event.key][1], count);
  } else return;
  event.preventDefault();
  choose(row, column);
  cells[row][column].focus();
}

function tellPair(row, column) {
  const out = byId('pair');
  out.replaceChildren();
  const { texts, cosines } = similar;
  if (texts.length === 0) return;
  element('b', out, cosines[row][column].toFixed(4));
  if (row === column) {
    out.append(': a text is always like itself. ');
    element('span', out, shortened(texts[row]), 'soft');
    return;
  }
  out.append(' between ');
  element('span', out, '“' + shortened(texts[row]) + '”', 'token');
  out.append(' and ');
  element('span', out, '“' + shortened(texts[column]) + '”', 'token');
}

function shortened(text) {
  const letters = Array.from(text.slice(0, 400));
  return letters.length > 140 ? letters.slice(0, 140).join('') + '…' : text;
}
`;
