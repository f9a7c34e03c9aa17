/** The page's data, each part decoded when it is first looked at, and what is being looked at. */
export const DATA_SCRIPT = `
const byId = (id) => document.getElementById(id);
const { layers, queryTokens, keyTokens, steps } = JSON.parse(byId('data').textContent);
const rows = queryTokens.length;
const columns = keyTokens.length;
const most = Math.log2(Math.max(2, columns));

/* row and column are -1 where no cell is marked; pinned is the cell that stays when the pointer leaves. */
const view = { layer: 0, head: 0, row: -1, column: -1, pinned: null };

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

/* [heads, rows, columns] of one part, in steps. */
function weightsOf(layer, part) {
  const from = layers[layer].parts[part];
  if (typeof from.weights === 'string') from.weights = new Uint16Array(bytesOf(from.weights));
  return from.weights;
}

function at(layer, part, head, row, column) {
  return weightsOf(layer, part)[(head * rows + row) * columns + column] / steps;
}

/* Entropies of the rows of one head. */
function entropiesOf(layer, part, head) {
  const from = layers[layer].parts[part];
  if (typeof from.entropies === 'string') from.entropies = new Float32Array(bytesOf(from.entropies));
  return from.entropies.subarray(head * rows, (head + 1) * rows);
}

function meanEntropy(layer, part, head) {
  return entropiesOf(layer, part, head).reduce((sum, bits) => sum + bits, 0) / rows;
}

function element(tag, parent, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  parent.appendChild(made);
  return made;
}
`;
