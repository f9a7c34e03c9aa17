/** Theme, scale, the address, and the first drawing. */
export const START_SCRIPT = String.raw`
function drawLegend() {
  const context = byId('ramp').getContext('2d');
  const { width, height } = context.canvas;
  for (let x = 0; x < width; x++) {
    context.fillStyle = rgb(ramp('attention')[Math.round((255 * x) / (width - 1))]);
    context.fillRect(x, 0, 1, height);
  }
  byId('scale-start').textContent = SCALES[scale].start;
  byId('scale-middle').textContent = SCALES[scale].middle;
}

function drawAll() {
  document.documentElement.dataset.theme = theme();
  byId('theme').textContent = theme() === 'dark' ? 'Light theme' : 'Dark theme';
  drawLegend();
  for (const thumb of thumbs) drawThumb(thumb);
  drawPanels();
}

function headOfAddress() {
  const [, layer, head] = /^#(\d{1,6})\.(\d{1,6})$/.exec(location.hash) || [];
  const known = layer !== undefined && layers[Number(layer)] && Number(head) < layers[Number(layer)].heads;
  return known ? [Number(layer), Number(head)] : [0, 0];
}

preference.addEventListener('change', () => { if (!chosen) drawAll(); });
byId('theme').addEventListener('click', () => {
  chosen = theme() === 'dark' ? 'light' : 'dark';
  drawAll();
});
for (const choice of document.querySelectorAll('#scale input')) {
  choice.checked = choice.value === scale;
  choice.addEventListener('change', () => {
    scale = choice.value;
    drawAll();
  });
}
addEventListener('hashchange', () => select(...headOfAddress()));
let width = innerWidth;
addEventListener('resize', () => {
  if (innerWidth === width) return;
  width = innerWidth;
  drawPanels();
});

measureLabels();
buildOverview();
drawAll();
select(...headOfAddress());
`;
