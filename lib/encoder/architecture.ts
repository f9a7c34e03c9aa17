/** Model architectures: a table from config.json's model_type to how its weights are loaded. */
import { describe, expectation, ModelError } from '../errors.js';
import { loadBert } from './bert.js';
import type { JsonObject } from './json_file.js';
import type { LoadedModel } from './loaded_model.js';

type Loader = (directory: string, config: JsonObject) => Promise<LoadedModel>;

const ARCHITECTURES: ReadonlyMap<string, Loader> = new Map([['bert', loadBert]]);

export async function loadArchitecture(directory: string, config: JsonObject): Promise<LoadedModel> {
  const type = config.get('model_type');
  const load = typeof type === 'string' ? ARCHITECTURES.get(type) : undefined;
  if (load === undefined) {
    const known = [...ARCHITECTURES.keys()].map((name) => JSON.stringify(name)).join(' or ');
    throw new ModelError(expectation(`${config.source}: model_type`, known, describe(type)));
  }
  return load(directory, config);
}
