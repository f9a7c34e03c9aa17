/** Typed texts to their embeddings, and these to similarities. */
import { byId } from '../../../explain/browser/elements.js';
import { within } from '../../../explain/browser/keys.js';
import { paintMatrix } from './colours.js';
import { latest } from './latest.js';
import { buildMatrix, clearMatrix, markChosen } from './matrix.js';
import { tellNeighbours } from './neighbours.js';
import { tellPair } from './pair.js';
import { ask, session } from './request.js';
import { cosineAt, similar } from './similar.js';
import { capital } from './text.js';
import { cosine, unitVector } from './vectors.js';

/** A larger map has cells that nobody can tell apart. */
const MOST_TEXTS = 40;

interface Embeddings {
  data: { embedding: string }[];
  usage: { prompt_tokens: number };
}

function typedTexts(): string[] {
  return byId<HTMLTextAreaElement>('texts')
    .value.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export const compare = latest('similarity-alert', async (signal) => {
  const all = typedTexts();
  const texts = all.slice(0, MOST_TEXTS);
  if (texts.length === 0) {
    showSimilarity([], [], 'Type a text or more, one a line.');
    return;
  }
  const matrix = byId('matrix');
  matrix.classList.add('busy');
  matrix.setAttribute('aria-busy', 'true');
  try {
    const start = performance.now();
    const body = { model: session.model, input: texts, encoding_format: 'base64' };
    const response = await ask('v1/embeddings', body, signal);
    const { data, usage } = (await response.json()) as Embeddings;
    const ms = performance.now() - start;
    const vectors = data.map(({ embedding }) => unitVector(embedding));
    const cosines = vectors.map((a) => vectors.map((b) => cosine(a, b)));
    const first =
      all.length > texts.length ? `the first ${texts.length} of ${all.length}` : `${texts.length}`;
    const counted = `${capital(first)} ${texts.length === 1 ? 'text' : 'texts'}`;
    const size = `${usage.prompt_tokens} tokens, ${vectors[0]!.length} numbers each`;
    showSimilarity(texts, cosines, `${counted}, ${size}, answered in ${ms.toFixed(ms < 10 ? 1 : 0)} ms`);
  } finally {
    if (!signal.aborted) {
      matrix.classList.remove('busy');
      matrix.removeAttribute('aria-busy');
    }
  }
});

function showSimilarity(texts: string[], cosines: number[][], status: string): void {
  byId('similarity-status').textContent = status;
  byId('similarity-result').hidden = texts.length === 0;
  // The chosen text stays chosen when others change around it.
  const kept = texts.indexOf(similar.texts[similar.row]!);
  const row = kept >= 0 ? kept : within(similar.row, Math.max(1, texts.length));
  Object.assign(similar, { texts, cosines });
  if (texts.length === 0) {
    clearMatrix();
    choose(0, 0);
    return;
  }
  buildMatrix(choose);
  paintMatrix();
  choose(row, nearestTo(row));
}

/** The text that is most like that of the row; itself where there is no other. */
function nearestTo(row: number): number {
  const others = [...similar.texts.keys()].filter((j) => j !== row);
  return others.reduce((best, j) => (cosineAt(row, j) > cosineAt(row, best) ? j : best), others[0] ?? row);
}

function choose(row: number, column: number): void {
  Object.assign(similar, { row, column });
  markChosen();
  tellPair(row, column);
  tellNeighbours(choose);
}
