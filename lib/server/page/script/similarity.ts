/** Typed texts to their embeddings, and these to similarities. */
export const SIMILARITY_SCRIPT = String.raw`
/* A larger map has cells that nobody can tell apart. */
const MOST_TEXTS = 40;
const PAUSE_MS = 250;

function typedTexts() {
  return byId('texts').value.split('\n').map((line) => line.trim()).filter((line) => line !== '');
}

/* float32, little-endian; scaled to unit length, so that a product is a cosine. */
function unitVector(base64) {
  const text = atob(base64);
  const view = new DataView(new ArrayBuffer(text.length));
  for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i));
  const vector = Float64Array.from({ length: text.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  const length = Math.hypot(...vector) || 1;
  return vector.map((x) => x / length);
}

function cosine(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return Math.min(1, Math.max(-1, sum));
}

const compare = latest('similarity-alert', async (signal) => {
  const all = typedTexts();
  const texts = all.slice(0, MOST_TEXTS);
  if (texts.length === 0) {
    showSimilarity([], [], 'Type a text or more, one a line.');
    return;
  }
  byId('matrix').classList.add('busy');
  byId('matrix').setAttribute('aria-busy', 'true');
  try {
    const start = performance.now();
    const response = await ask('v1/embeddings', { model, input: texts, encoding_format: 'base64' }, signal);
    const { data, usage } = await response.json();
    const ms = performance.now() - start;
    const vectors = data.map(({ embedding }) => unitVector(embedding));
    const cosines = vectors.map((a) => vectors.map((b) => cosine(a, b)));
    const first = all.length > texts.length ? 'the first ' + texts.length + ' of ' + all.length : String(texts.length);
    const plural = texts.length === 1 ? ' text, ' : ' texts, ';
    const size = usage.prompt_tokens + ' tokens, ' + vectors[0].length + ' numbers each';
    showSimilarity(texts, cosines, capital(first) + plural + size + ', answered in ' + ms.toFixed(ms < 10 ? 1 : 0) + ' ms');
  } finally {
    if (!signal.aborted) {
      byId('matrix').classList.remove('busy');
      byId('matrix').removeAttribute('aria-busy');
    }
  }
});

/* The chosen text stays chosen when others change around it. */
function showSimilarity(texts, cosines, status) {
  byId('similarity-status').textContent = status;
  const kept = texts.indexOf(similar.texts[similar.row]);
  const row = kept >= 0 ? kept : within(similar.row, Math.max(1, texts.length));
  Object.assign(similar, { texts, cosines });
  byId('similarity-result').hidden = texts.length === 0;
  if (texts.length === 0) {
    cells = [];
    byId('matrix').replaceChildren();
    Object.assign(similar, { row: 0, column: 0 });
    tellPair(0, 0);
    tellNeighbours();
    return;
  }
  buildMatrix();
  const nearest = texts.reduce((best, _, j) => (
    j !== row && (best === row || cosines[row][j] > cosines[row][best]) ? j : best
  ), row);
  choose(row, nearest);
}

let pause;
function compareSoon() {
  clearTimeout(pause);
  pause = setTimeout(() => withModel(compare), PAUSE_MS);
}
`;
