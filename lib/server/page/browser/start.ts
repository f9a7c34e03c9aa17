/** The script of the playground: what happens when. */
import { byId } from '../../../explain/browser/elements.js';
import { showTheme, watchTheme } from '../../../explain/browser/theme.js';
import { explain, fitFrame, showFrameTheme } from './attention.js';
import { paintMatrix } from './colours.js';
import { buildFigures, EVERY_MS, watchFigures } from './figures.js';
import { watchKey } from './key.js';
import { sizeMatrix } from './matrix.js';
import { loadModels, watchModel, withModel } from './models.js';
import { root } from './request.js';
import { similar } from './similar.js';
import { compare } from './similarity.js';

/** Without a key pressed for so long, the texts are compared. */
const PAUSE_MS = 250;

function drawTheme(): void {
  showTheme();
  paintMatrix();
  showFrameTheme();
}

watchTheme(drawTheme);

for (const choice of document.querySelectorAll<HTMLInputElement>('#range input')) {
  choice.checked = choice.value === similar.range;
  choice.addEventListener('change', () => {
    similar.range = choice.value as typeof similar.range;
    paintMatrix();
  });
}

let pause: number | undefined;
byId('texts').addEventListener('input', () => {
  clearTimeout(pause);
  pause = setTimeout(() => withModel(compare), PAUSE_MS);
});
byId('sentence-form').addEventListener('submit', (event) => {
  event.preventDefault();
  withModel(explain);
});
byId('frame').addEventListener('load', fitFrame);
watchModel();
new ResizeObserver(sizeMatrix).observe(byId('matrix'));
watchKey(() => {
  loadModels();
  watchFigures();
});

byId<HTMLAnchorElement>('docs').href = `${root}docs`;
buildFigures();
drawTheme();
loadModels();
watchFigures();
setInterval(watchFigures, EVERY_MS);
document.addEventListener('visibilitychange', watchFigures);
