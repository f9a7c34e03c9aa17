/** What is marked, in words. */
export const READOUT_SCRIPT = `
const MOST_TOLD = 3;

function tellToken(parent, token) {
  element('span', parent, '“' + token + '”', 'token');
}

function tellHead(out) {
  out.append('Mean entropy of the rows ');
  element('b', out, meanEntropy(view.layer, 0, view.head).toFixed(2) + ' bits');
  out.append(' of at most ' + most.toFixed(2) + '.');
}

function tellCell(out, row, column) {
  const { parts } = layers[view.layer];
  tellToken(out, queryTokens[row]);
  out.append(' looks at ');
  tellToken(out, keyTokens[column]);
  parts.forEach((part, p) => {
    out.append(p === 0 ? ' with ' : ', ' + part.name + ' alone ');
    element('b', out, at(view.layer, p, view.head, row, column).toFixed(4));
  });
  out.append('.');
}

function tellRow(out, row) {
  const weights = keyTokens.map((_, j) => at(view.layer, 0, view.head, row, j));
  const order = weights.map((_, j) => j).sort((a, b) => weights[b] - weights[a]);
  const told = order.slice(0, MOST_TOLD).filter((j) => weights[j] > 0);
  if (told.length === 0) {
    out.append('Its row looks at nothing.');
    return;
  }
  out.append('Its row, ' + entropiesOf(view.layer, 0, view.head)[row].toFixed(2) + ' bits, looks most at ');
  told.forEach((j, i) => {
    if (i > 0) out.append(', ');
    tellToken(out, keyTokens[j]);
    out.append(' ' + weights[j].toFixed(2));
  });
  out.append('.');
}

function tell() {
  byId('readout').replaceChildren();
  byId('row').replaceChildren();
  if (view.row < 0) {
    tellHead(byId('readout'));
  } else {
    tellCell(byId('readout'), view.row, view.column);
    tellRow(byId('row'), view.row);
  }
}
`;
