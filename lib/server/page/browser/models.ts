/** The models of the server, and which of them is asked. */
import { byId, element } from '../../../explain/browser/elements.js';
import { explain } from './attention.js';
import { latest } from './latest.js';
import { ask, session } from './request.js';
import { compare } from './similarity.js';

interface Models {
  data: { id: string }[];
}

function use(model: string | undefined): void {
  session.model = model;
  compare();
  explain();
}

export const loadModels = latest('models-alert', async (signal) => {
  const response = await ask('v1/models', undefined, signal);
  const names = ((await response.json()) as Models).data.map(({ id }) => id);
  const choice = byId<HTMLSelectElement>('model');
  choice.replaceChildren();
  for (const name of names) element('option', choice, name).value = name;
  byId('model-line').hidden = names.length < 2;
  byId('model-name').textContent = names.length > 1 ? '' : names[0]!;
  use(names[0]);
});

export function watchModel(): void {
  const choice = byId<HTMLSelectElement>('model');
  choice.addEventListener('change', () => use(choice.value));
}

/** Without a model the server has not yet named its own; when it does, both tasks follow. */
export function withModel(task: () => Promise<void>): void {
  if (session.model === undefined) loadModels();
  else task();
}
