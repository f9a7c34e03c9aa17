/** The safetensors files of a model directory: one file, or shards that an index names. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expectation, ModelError } from '../../errors.js';
import type { FileState } from '../../formats/input_file.js';
import { quoteName } from '../../formats/quote_name.js';
import { readSafetensorsHeader, type SafetensorsEntry } from '../../formats/safetensors.js';
import { readTensorBytes } from '../../formats/safetensors_reader.js';
import { MODEL_FILES } from '../../hub/model_files.js';
import { isObject, readOptionalJson } from './json_file.js';

export interface WeightsFiles {
  /** For messages: the file that lists all tensors. */
  source: string;
  paths: readonly string[];
  /** Of each file when its header was read. */
  states: readonly FileState[];
  /** By name; `file` is an index into `paths`. */
  entries: ReadonlyMap<string, SafetensorsEntry & { file: number }>;
}

/** What follows the name of an 8-bit tensor in the name of its scales. */
export const SCALES_SUFFIX = '_scale';

/** Shards lie beside their index; a name that leads elsewhere is refused. */
function checkShard(source: string, name: string, shard: unknown): string {
  if (typeof shard !== 'string' || !/^[^/\\\0]+\.safetensors$/.test(shard)) {
    throw new ModelError(
      expectation(`${source}: ${quoteName(name)}`, 'the name of a .safetensors file', describe(shard)),
    );
  }
  return shard;
}

/** @throws FileError, FormatError, ModelError with one sentence each */
export async function openWeightsFiles(directory: string): Promise<WeightsFiles> {
  const single = join(directory, MODEL_FILES.weights);
  const index = await stat(single).then(
    () => undefined,
    () => readOptionalJson(directory, MODEL_FILES.weightsIndex),
  );
  if (index === undefined) {
    const { tensors, state } = await readSafetensorsHeader(single);
    const entries = [...tensors].map(([name, entry]) => [name, { ...entry, file: 0 }] as const);
    return { source: single, paths: [single], states: [state], entries: new Map(entries) };
  }
  const map = index.get('weight_map');
  if (!isObject(map) || Object.keys(map).length === 0) {
    return index.fail('weight_map', 'names of tensors with their files');
  }
  const shards = [
    ...new Set(Object.entries(map).map(([name, shard]) => checkShard(index.source, name, shard))),
  ];
  const place = new Map(shards.map((shard, i) => [shard, i]));
  const headers = await Promise.all(shards.map((shard) => readSafetensorsHeader(join(directory, shard))));
  const entries = new Map<string, SafetensorsEntry & { file: number }>();
  for (const [name, shard] of Object.entries(map)) {
    const file = place.get(shard as string)!;
    const entry = headers[file]!.tensors.get(name);
    if (entry === undefined) {
      const path = join(directory, shards[file]!);
      throw new ModelError(
        expectation(path, `a tensor ${quoteName(name)} as its index says`, 'none of this name'),
      );
    }
    entries.set(name, { ...entry, file });
  }
  const paths = shards.map((shard) => join(directory, shard));
  return { source: index.source, paths, states: headers.map(({ state }) => state), entries };
}

/** The stored bytes of one tensor. @throws FileError if its file was changed since its header was read */
export function readEntry(
  files: WeightsFiles,
  entry: SafetensorsEntry & { file: number },
): Promise<Uint8Array<ArrayBuffer>> {
  return readTensorBytes(files.paths[entry.file]!, entry, files.states[entry.file]!);
}
