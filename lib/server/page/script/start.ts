/** Theme, key, models, and what happens when. */
export const START_SCRIPT = String.raw`
function drawTheme() {
  document.documentElement.dataset.theme = theme();
  byId('theme').textContent = theme() === 'dark' ? 'Light theme' : 'Dark theme';
  paintMatrix();
  frameTheme();
}

preference.addEventListener('change', () => { if (!chosen) drawTheme(); });
byId('theme').addEventListener('click', () => {
  chosen = theme() === 'dark' ? 'light' : 'dark';
  drawTheme();
});

for (const choice of document.querySelectorAll('#range input')) {
  choice.checked = choice.value === similar.range;
  choice.addEventListener('change', () => {
    similar.range = choice.value;
    paintMatrix();
  });
}

byId('texts').addEventListener('input', compareSoon);
byId('sentence-form').addEventListener('submit', (event) => {
  event.preventDefault();
  withModel(explain);
});
byId('frame').addEventListener('load', fitFrame);
byId('model').addEventListener('change', () => {
  model = byId('model').value;
  compare();
  explain();
});
new ResizeObserver(sizeMatrix).observe(byId('matrix'));

const loadModels = latest('models-alert', async (signal) => {
  const response = await ask('v1/models', undefined, signal);
  const names = (await response.json()).data.map(({ id }) => id);
  byId('model').replaceChildren();
  for (const name of names) element('option', byId('model'), name).value = name;
  const several = names.length > 1;
  byId('model-line').hidden = !several;
  byId('model-name').textContent = several ? '' : names[0];
  model = names[0];
  compare();
  explain();
});

/* Without a model there was no answer to who is served, and both follow on one. */
function withModel(task) {
  if (model === undefined) loadModels();
  else task();
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const given = byId('key').value.trim();
  if (!/^[\x21-\x7e]+$/.test(given)) {
    say('key-alert', 'A key has letters, digits and signs of ASCII alone.');
    return;
  }
  key = given;
  say('key-alert', '');
  byId('key-form').hidden = true;
  loadModels();
  watchFigures();
});

byId('docs').href = root + 'docs';
buildFigures();
drawTheme();
loadModels();
watchFigures();
setInterval(watchFigures, EVERY_MS);
document.addEventListener('visibilitychange', watchFigures);
`;
