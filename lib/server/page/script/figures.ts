/** Live figures of the server, asked for once a second while somebody looks. */
export const FIGURES_SCRIPT = `
const EVERY_MS = 1000;
const REMEMBERED = 60;
const SVG = 'http://www.w3.org/2000/svg';

const FIGURES = [
  { name: 'requestsPerSecond', label: 'Requests', unit: '/s' },
  { name: 'tokensPerSecond', label: 'Tokens', unit: '/s' },
  { name: 'queueTokens', label: 'Queue', unit: 'tokens' },
  { name: 'p50', label: 'p50', unit: 'ms' },
  { name: 'p99', label: 'p99', unit: 'ms' },
].map((figure) => ({ ...figure, history: [] }));

function buildFigures() {
  for (const figure of FIGURES) {
    const tile = element('div', byId('figures'));
    element('dt', tile, figure.label);
    const value = element('dd', tile);
    value.id = figure.name;
    figure.value = element('span', value, '–');
    value.append(' ');
    element('small', value, figure.unit);
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 ' + (REMEMBERED - 1) + ' 20');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    figure.line = document.createElementNS(SVG, 'polyline');
    svg.append(figure.line);
    tile.append(svg);
  }
}

const known = (x) => typeof x === 'number' && Number.isFinite(x);

function inWords(x) {
  if (!known(x)) return '–';
  return x.toLocaleString('en', { maximumFractionDigits: x < 10 ? 1 : 0 });
}

/* The newest at the right; what is not known leaves its place out. */
function drawLine({ line, history }) {
  const top = Math.max(1e-9, ...history.filter(known));
  const points = history.map((x, i) => [REMEMBERED - history.length + i, x]).filter(([, x]) => known(x));
  if (points.length < 2) points.length = 0;
  line.setAttribute('points', points.map(([x, y]) => x + ',' + (19 - (18 * y) / top).toFixed(2)).join(' '));
}

function showFigures(stats) {
  for (const figure of FIGURES) {
    const value = stats[figure.name];
    figure.value.textContent = inWords(value);
    figure.history.push(value);
    if (figure.history.length > REMEMBERED) figure.history.shift();
    drawLine(figure);
  }
}

let asking = false;
async function watchFigures() {
  if (asking || document.hidden || !byId('key-form').hidden) return;
  asking = true;
  try {
    const response = await ask('stats');
    showFigures(await response.json());
    byId('figures').classList.remove('silent');
    say('figures-alert', '');
  } catch (error) {
    showFigures({});
    byId('figures').classList.add('silent');
    /* That a key is missing is said once, above. */
    const told = error instanceof Refusal ? error.message : 'the server says something else';
    say('figures-alert', error.status === 401 ? '' : 'No figures: ' + told);
  } finally {
    asking = false;
  }
}
`;
