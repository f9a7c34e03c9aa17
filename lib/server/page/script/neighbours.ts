/** The texts that are most like the chosen one, the nearest first. */
export const NEIGHBOURS_SCRIPT = `
const MOST_NEIGHBOURS = 8;

function tellNeighbours() {
  const { texts, cosines, row } = similar;
  const title = byId('nearest-title');
  const list = byId('nearest');
  list.replaceChildren();
  title.hidden = texts.length < 2;
  if (texts.length < 2) return;
  title.replaceChildren('Nearest to ');
  element('span', title, '“' + shortened(texts[row]) + '”', 'token');
  const order = texts.map((_, j) => j).filter((j) => j !== row).sort((a, b) => cosines[row][b] - cosines[row][a]);
  for (const j of order.slice(0, MOST_NEIGHBOURS)) {
    const button = element('button', element('li', list));
    button.type = 'button';
    button.title = 'Show what is nearest to this text';
    element('span', button, cosines[row][j].toFixed(3), 'value');
    const track = element('span', button, undefined, 'track');
    element('i', track).style.width = 100 * Math.max(0, cosines[row][j]) + '%';
    element('span', button, shortened(texts[j]), 'name');
    button.addEventListener('click', () => {
      choose(j, row);
      /* The list is a new one; who came by key goes on in it. */
      list.querySelector('button').focus();
    });
  }
}
`;
