/** Live figures of the server, asked for once a second while somebody looks. */
import { byId, element } from '../../../explain/browser/elements.js';
import { say } from './alert.js';
import { ask, Refusal } from './request.js';

export const EVERY_MS = 1000;
const REMEMBERED = 60;
const SVG = 'http://www.w3.org/2000/svg';

/** Names are those of the server's statistics. */
const FIGURES = [
  { name: 'requestsPerSecond', label: 'Requests', unit: '/s' },
  { name: 'tokensPerSecond', label: 'Tokens', unit: '/s' },
  { name: 'queueTokens', label: 'Queue', unit: 'tokens' },
  { name: 'p50', label: 'p50', unit: 'ms' },
  { name: 'p99', label: 'p99', unit: 'ms' },
];

interface Figure {
  name: string;
  value: HTMLElement;
  line: SVGPolylineElement;
  history: unknown[];
}

let figures: Figure[] = [];

function buildFigure({ name, label, unit }: (typeof FIGURES)[number]): Figure {
  const tile = element('div', byId('figures'));
  element('dt', tile, label);
  const description = element('dd', tile);
  description.id = name;
  const value = element('span', description, '–');
  description.append(' ');
  element('small', description, unit);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${REMEMBERED - 1} 20`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'polyline');
  svg.append(line);
  tile.append(svg);
  return { name, value, line, history: [] };
}

export function buildFigures(): void {
  figures = FIGURES.map(buildFigure);
}

function isKnown(x: unknown): x is number {
  return typeof x === 'number' && Number.isFinite(x);
}

function inWords(x: unknown): string {
  if (!isKnown(x)) return '–';
  return x.toLocaleString('en', { maximumFractionDigits: x < 10 ? 1 : 0 });
}

/** The newest value at the right. A value that is not known leaves its place out. */
function drawLine({ line, history }: Figure): void {
  const top = Math.max(1e-9, ...history.filter(isKnown));
  const points = history.flatMap((value, i) =>
    isKnown(value) ? [`${REMEMBERED - history.length + i},${(19 - (18 * value) / top).toFixed(2)}`] : [],
  );
  line.setAttribute('points', points.length < 2 ? '' : points.join(' '));
}

function showFigures(stats: Record<string, unknown>): void {
  for (const figure of figures) {
    const value = stats[figure.name];
    figure.value.textContent = inWords(value);
    figure.history.push(value);
    if (figure.history.length > REMEMBERED) figure.history.shift();
    drawLine(figure);
  }
}

function alertOf(error: unknown): string {
  if (!(error instanceof Refusal)) return 'No figures: the server says something else';
  // That a key is missing is said once, above.
  return error.status === 401 ? '' : `No figures: ${error.message}`;
}

let asking = false;

export async function watchFigures(): Promise<void> {
  if (asking || document.hidden || !byId('key-form').hidden) return;
  asking = true;
  try {
    const response = await ask('stats');
    showFigures((await response.json()) as Record<string, unknown>);
    byId('figures').classList.remove('silent');
    say('figures-alert', '');
  } catch (error) {
    showFigures({});
    byId('figures').classList.add('silent');
    say('figures-alert', alertOf(error));
  } finally {
    asking = false;
  }
}
