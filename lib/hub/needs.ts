/** Which files of a repository an encoder reads: the one list, for what is fetched and for what is complete. */
import { posix } from 'node:path';
import { describe, expectation, ModelError } from '../errors.js';
import { describeJson } from '../formats/describe_json.js';
import { MODEL_FILES, SENTENCE_CONFIGS } from './model_files.js';
import { checkFileName } from './names.js';

/** A place where files lie by their names: a snapshot in the cache, or the hub. */
export interface FileSource {
  /** For messages. */
  readonly subject: string;
  has(file: string): Promise<boolean>;
  /** Of a file that `has` has found. */
  read(file: string): Promise<string>;
}

export interface Needs {
  /** What is there and is read. */
  files: readonly string[];
  /** What may be there, and is not. */
  absent: readonly string[];
  /** The first file that must be there and is not. */
  missing: string | undefined;
}

const { config, tokenizer, tokenizerConfig, specialTokens, modules, sentenceTransformers } = MODEL_FILES;
const { weights: SINGLE, weightsIndex: INDEX } = MODEL_FILES;
const [SENTENCE_CONFIG, ...OLDER_CONFIGS] = SENTENCE_CONFIGS;

/** Small files beside the weights of the transformer; other modules have a config.json. */
const SMALL: readonly string[] = [config, tokenizer, tokenizerConfig, specialTokens, SENTENCE_CONFIG];

/** Small files of the model as a whole. */
const SMALL_OF_MODEL: readonly string[] = [sentenceTransformers];

/** What a module cannot do without, by the last part of its type. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Transformer: [config, tokenizer, SINGLE],
  Pooling: [config],
  Dense: [config, SINGLE],
};

const MAX_MODULES = 64;

interface Folder {
  /** '' for the model itself. */
  path: string;
  kind: string;
}

export async function modelNeeds(source: FileSource): Promise<Needs> {
  const files = new Set<string>();
  const absent = new Set<string>();
  const take = async (file: string): Promise<boolean> => {
    const there = await source.has(file);
    (there ? files : absent).add(file);
    return there;
  };
  const folders = (await take(modules))
    ? readFolders(source.subject, await readJson(source, modules))
    : [{ path: '', kind: 'Transformer' }];
  for (const file of SMALL_OF_MODEL) await take(file);
  let missing: string | undefined;
  for (const { path, kind } of folders) {
    const inFolder = (file: string): string => posix.join(path, file);
    for (const file of kind === 'Transformer' ? SMALL : [config]) await take(inFolder(file));
    if (kind === 'Transformer' && absent.has(inFolder(SENTENCE_CONFIG))) {
      for (const file of OLDER_CONFIGS) if (await source.has(inFolder(file))) files.add(inFolder(file));
    }
    const weights = await takeWeights(source, path, take);
    for (const file of REQUIRED[kind] ?? []) {
      if (file === SINGLE) missing ??= weights;
      else if (!files.has(inFolder(file))) missing ??= inFolder(file);
    }
  }
  return { files: [...files], absent: [...absent], missing };
}

/** One file, or an index and what it names; returns what is missing of them. */
async function takeWeights(
  source: FileSource,
  path: string,
  take: (file: string) => Promise<boolean>,
): Promise<string | undefined> {
  const single = posix.join(path, SINGLE);
  const index = posix.join(path, INDEX);
  if (await take(single)) return undefined;
  if (!(await take(index))) return single;
  let missing: string | undefined;
  for (const shard of readShards(source.subject, index, await readJson(source, index))) {
    const file = posix.join(path, shard);
    if (!(await take(file))) missing ??= file;
  }
  return missing;
}

async function readJson(source: FileSource, file: string): Promise<unknown> {
  try {
    return JSON.parse(await source.read(file));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ModelError(expectation(`${source.subject}: ${file}`, 'valid JSON', 'something else'), {
      cause,
    });
  }
}

function readFolders(subject: string, list: unknown): Folder[] {
  const fits = Array.isArray(list) && list.length > 0 && list.length <= MAX_MODULES;
  if (!fits) {
    throw new ModelError(expectation(`${subject}: ${modules}`, 'an array of modules', describeJson(list)));
  }
  return list.map((module: unknown, i) => {
    const { path, type } = Object(module) as { path?: unknown; type?: unknown };
    const folder =
      path === undefined || path === '' ? '' : checkFileName(`${subject}: ${modules}`, trimmed(path));
    // The first one has the weights, whatever a later version calls it.
    const kind = i === 0 ? 'Transformer' : String(type).replace(/^.*\./s, '');
    return { path: folder, kind };
  });
}

/** Folders may be written with a slash at their end. */
function trimmed(path: unknown): unknown {
  return typeof path === 'string' ? path.replace(/\/$/, '') : path;
}

function readShards(subject: string, file: string, index: unknown): string[] {
  const map = (Object(index) as { weight_map?: unknown }).weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map) || Object.keys(map).length === 0) {
    throw new ModelError(
      expectation(`${subject}: ${file}: weight_map`, 'names of tensors with their files', describeJson(map)),
    );
  }
  const shards = new Set<string>();
  for (const shard of Object.values(map)) {
    const name = checkFileName(`${subject}: ${file}`, shard);
    // As the loader wants them: beside their index.
    if (name.includes('/') || !name.endsWith('.safetensors')) {
      throw new ModelError(expectation(`${subject}: ${file}`, 'names of .safetensors files', describe(name)));
    }
    shards.add(name);
  }
  return [...shards];
}
