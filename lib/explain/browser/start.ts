/** The script of an explanation's page: the theme, the scale, the address, and the first drawing. */
import { layers } from './data.js';
import { drawPanels } from './detail.js';
import { byId } from './elements.js';
import { buildOverview, drawThumbs, select } from './overview.js';
import { drawRamp, onRamp } from './ramp.js';
import { chooseScale, type ScaleName, scale, scaleName } from './scale.js';
import { showTheme, watchTheme } from './theme.js';

function drawLegend(): void {
  drawRamp(byId<HTMLCanvasElement>('ramp'), (place) => onRamp('attention', place));
  byId('scale-start').textContent = scale().start;
  byId('scale-middle').textContent = scale().middle;
}

function drawAll(): void {
  showTheme();
  drawLegend();
  drawThumbs();
  drawPanels();
}

/** The layer and the head that the address names, as in #3.11; the first ones where there are no such. */
function headOfAddress(): [layer: number, head: number] {
  const [, layer, head] = /^#(\d{1,6})\.(\d{1,6})$/.exec(location.hash)?.map(Number) ?? [];
  const known = layer !== undefined && head !== undefined && head < (layers[layer]?.heads ?? 0);
  return known ? [layer, head] : [0, 0];
}

watchTheme(drawAll);
for (const choice of document.querySelectorAll<HTMLInputElement>('#scale input')) {
  choice.checked = choice.value === scaleName();
  choice.addEventListener('change', () => {
    chooseScale(choice.value as ScaleName);
    drawAll();
  });
}
addEventListener('hashchange', () => select(...headOfAddress()));
// Browsers of phones change the height of the window while a page is scrolled.
let drawnWidth = innerWidth;
addEventListener('resize', () => {
  if (innerWidth === drawnWidth) return;
  drawnWidth = innerWidth;
  drawPanels();
});

buildOverview();
drawAll();
select(...headOfAddress());
