/** Similarities as a heat map: a table, so that every number can be read by eye, by key and by voice. */
import { byId, element } from '../../../explain/browser/elements.js';
import { hasModifier, stepOf, within } from '../../../explain/browser/keys.js';
import { tellPair } from './pair.js';
import { type Choose, cosineAt, similar } from './similar.js';

/** The least size of a cell that can be told from the next one. */
const LEAST = 9;
/** The least size of a cell that has room for its number. */
const NUMBERED = 30;
/** The room of a number above a column. */
const COUNTED = 20;

/** cells[row][column] */
let cells: HTMLTableCellElement[][] = [];

export function matrixCells(): readonly (readonly HTMLTableCellElement[])[] {
  return cells;
}

export function clearMatrix(): void {
  cells = [];
  byId('matrix').replaceChildren();
}

export function buildMatrix(choose: Choose): void {
  const table = document.createElement('table');
  table.setAttribute('role', 'grid');
  table.setAttribute('aria-label', 'Cosine similarity of every two texts; arrow keys move');
  table.setAttribute('aria-describedby', 'pair');
  buildHeading(table);
  const body = element('tbody', table);
  cells = similar.texts.map((text, i) => buildRow(body, text, i));
  table.addEventListener('click', (event) => {
    const place = placeOf(event.target as Element);
    if (place) choose(place.row, place.column);
  });
  table.addEventListener('pointerover', (event) => {
    const place = event.pointerType === 'touch' ? null : placeOf(event.target as Element);
    if (place) tellPair(place.row, place.column);
  });
  table.addEventListener('pointerleave', () => tellPair(similar.row, similar.column));
  table.addEventListener('keydown', (event) => moveInMatrix(event, choose));
  byId('matrix').replaceChildren(table);
  sizeMatrix();
}

function buildHeading(table: HTMLTableElement): void {
  const heading = element('tr', element('thead', table));
  element('th', heading);
  for (const j of similar.texts.keys()) {
    const name = element('th', heading);
    name.scope = 'col';
    element('span', name, String(j + 1));
  }
}

function buildRow(body: Element, text: string, i: number): HTMLTableCellElement[] {
  const row = element('tr', body);
  const name = element('th', row);
  name.scope = 'row';
  name.title = text;
  const label = element('span', name);
  element('b', label, String(i + 1));
  label.append(text);
  return similar.texts.map((_, j) => {
    const cell = element('td', row, cosineAt(i, j).toFixed(2));
    cell.setAttribute('role', 'gridcell');
    cell.dataset.row = String(i);
    cell.dataset.column = String(j);
    return cell;
  });
}

/** A name stands for its text: its row, and the text itself in it. */
function placeOf(target: Element): { row: number; column: number } | null {
  const cell = target.closest('td');
  if (cell) return { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
  const name = target.closest('tbody th');
  if (!name) return null;
  const row = cells.findIndex(([first]) => first?.parentElement === name.parentElement);
  return { row, column: row };
}

/** Fits the cells into the width that the page has for them. */
export function sizeMatrix(): void {
  const table = byId('matrix').querySelector('table');
  if (table === null) return;
  const count = similar.texts.length;
  const width = byId('matrix').clientWidth - 8;
  const label = Math.round(Math.min(230, Math.max(86, width * 0.3)));
  const cell = Math.max(LEAST, Math.min(46, Math.floor((width - label) / count) - 1));
  const every = Math.ceil(COUNTED / (cell + 1));
  for (const [j, number] of table.querySelectorAll('thead span').entries()) {
    number.classList.toggle('unnamed', j % every !== 0);
  }
  table.style.setProperty('--label', `${label}px`);
  table.style.setProperty('--cell', `${cell}px`);
  table.classList.toggle('small', cell < NUMBERED);
}

export function markChosen(): void {
  for (const [i, row] of cells.entries()) {
    row[0]!.parentElement!.setAttribute('aria-selected', String(i === similar.row));
    for (const [j, cell] of row.entries()) {
      const here = i === similar.row && j === similar.column;
      cell.classList.toggle('here', here);
      cell.tabIndex = here ? 0 : -1;
    }
  }
}

function moveInMatrix(event: KeyboardEvent, choose: Choose): void {
  if (hasModifier(event)) return;
  const count = similar.texts.length;
  const step = stepOf(event.key);
  let { row, column } = similar;
  if (event.key === 'Home') {
    column = 0;
  } else if (event.key === 'End') {
    column = count - 1;
  } else if (step !== undefined) {
    row = within(row + step[0], count);
    column = within(column + step[1], count);
  } else {
    return;
  }
  event.preventDefault();
  choose(row, column);
  cells[row]![column]!.focus();
}
