/** The modules of a sentence-transformers model, in order: a Transformer, a Pooling, then any of Dense and Normalize. */
import { isAbsolute, join, normalize, sep } from 'node:path';
import { expectation, ModelError } from '../../errors.js';
import { MODEL_FILES } from '../../hub/model_files.js';
import { type JsonObject, readOptionalJsonArray } from './json_file.js';

export type ModuleKind = 'Transformer' | 'Pooling' | 'Dense' | 'Normalize';

export interface Module {
  kind: ModuleKind;
  /** Its folder. */
  path: string;
}

const KINDS: readonly string[] = ['Transformer', 'Pooling', 'Dense', 'Normalize'];

/** Modules that do nothing when a model is used. */
const IDLE: readonly string[] = ['Dropout'];

const ORDER = 'Transformer, then Pooling, then any of Dense and Normalize of sentence_transformers';

/** Folders of modules.json may not lead out of the directory. */
function inside(directory: string, module: JsonObject): string {
  const path = module.string('path', '');
  const normal = normalize(path);
  if (isAbsolute(path) || path.includes('\0') || normal === '..' || normal.startsWith(`..${sep}`)) {
    module.fail('path', 'a path inside of the model directory');
  }
  return path === '' ? directory : join(directory, normal);
}

/** The class, whatever its path inside of the package; undefined where it is another package's. */
function className(type: string): string | undefined {
  return /^sentence_transformers\.(?:\w+\.)*(\w+)$/.exec(type)?.[1];
}

/** The folder of the first module, whatever the others are. */
export async function readTransformerPath(directory: string): Promise<string> {
  const entries = await readOptionalJsonArray(directory, MODEL_FILES.modules);
  return entries?.[0] === undefined ? directory : inside(directory, entries[0]);
}

/** Undefined where there is no modules.json. */
export async function readModules(directory: string): Promise<Module[] | undefined> {
  const entries = await readOptionalJsonArray(directory, MODEL_FILES.modules);
  if (entries === undefined) return undefined;
  const modules: Module[] = [];
  for (const entry of entries) {
    const path = inside(directory, entry);
    const kind = className(entry.string('type'));
    if (kind !== undefined && IDLE.includes(kind)) continue;
    const place = ['Transformer', 'Pooling'][modules.length];
    const fits = place === undefined ? kind === 'Dense' || kind === 'Normalize' : kind === place;
    if (!fits || !KINDS.includes(kind!)) entry.fail('type', ORDER);
    modules.push({ kind: kind as ModuleKind, path });
  }
  if (modules.length < 2) {
    const received = modules.length === 0 ? 'no modules' : modules.map(({ kind }) => kind).join(', ');
    throw new ModelError(expectation(join(directory, MODEL_FILES.modules), ORDER, received));
  }
  return modules;
}
