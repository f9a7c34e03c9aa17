/** Random changes of a model directory: its JSON files, the headers and bytes of its weights, and which files are there. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../lib/package_root.js';
import { applyJson, type JsonMutation, mutateJson } from './json_mutation.js';
import type { Random } from './random.js';

export type Mutation =
  | { kind: 'json'; file: string; mutation: JsonMutation }
  /** The same, in the header of a weights file. */
  | { kind: 'header'; file: string; mutation: JsonMutation }
  /** XORs a byte, or writes a number over four. */
  | { kind: 'byte'; file: string; at: number; xor: number }
  | { kind: 'float'; file: string; at: number; hex: string }
  | { kind: 'truncate'; file: string; size: number }
  | { kind: 'grow'; file: string; size: number }
  | { kind: 'remove'; file: string }
  /** A directory in the place of a file. */
  | { kind: 'directory'; file: string }
  | { kind: 'replace'; file: string; by: string };

/** Little-endian NaN, infinities, the largest number, a subnormal one. */
const FLOATS = ['0000c07f', '0000807f', '000080ff', 'ffff7f7f', '01000000', '0000807e'] as const;

const root = packageRoot();

/** Files below a directory, by their paths in it. */
function filesBelow(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(root, directory, name)).isFile())
    .sort();
}

interface Model {
  directory: string;
  files: string[];
}

function modelsOf(): Model[] {
  const below = (folder: string) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}`)
      .sort();
  const all = [
    ...below('test/golden/encoders'),
    ...below('test/golden/heads'),
    'test/golden/tiny_bert',
    'docs/examples/dates/model',
  ];
  return all.map((directory) => ({ directory, files: filesBelow(directory) }));
}

let models: Model[] | undefined;

export function allModels(): readonly Model[] {
  models ??= modelsOf();
  return models;
}

function read(directory: string, file: string): Buffer {
  return readFileSync(join(root, directory, file));
}

/** The JSON in front of the weights, and where the data begins. */
function headerOf(bytes: Buffer): { text: string; end: number } {
  const length = Number(bytes.readBigUInt64LE(0));
  return { text: bytes.toString('utf8', 8, 8 + length), end: 8 + length };
}

function weightsMutation(random: Random, { directory, files }: Model, file: string): Mutation {
  const bytes = read(directory, file);
  const { text, end } = headerOf(bytes);
  switch (random.integer(0, 6)) {
    case 0:
    case 1:
      return { kind: 'header', file, mutation: mutateJson(random, JSON.parse(text)) };
    case 2:
      return { kind: 'byte', file, at: random.integer(0, bytes.length - 1), xor: random.integer(1, 255) };
    case 3:
      return {
        kind: 'byte',
        file,
        at: random.integer(0, Math.min(end, 300)),
        xor: 1 << random.integer(0, 7),
      };
    case 4: {
      const at = end + 4 * random.integer(0, Math.max(0, Math.floor((bytes.length - end) / 4) - 1));
      return { kind: 'float', file, at, hex: random.pick(FLOATS) };
    }
    case 5:
      return {
        kind: 'truncate',
        file,
        size: random.pick([0, 4, 8, end, bytes.length - 1, random.integer(0, bytes.length)]),
      };
    default:
      return { kind: 'replace', file, by: otherFile(random, file, `${directory}/${random.pick(files)}`) };
  }
}

/** A file of the same name in another model, or any other one. */
function otherFile(random: Random, file: string, fallback: string): string {
  const same = allModels().filter(({ files }) => files.includes(file));
  return same.length > 1 && random.chance(0.8) ? `${random.pick(same).directory}/${file}` : fallback;
}

function jsonMutation(random: Random, { directory, files }: Model, file: string): Mutation {
  const bytes = read(directory, file);
  switch (random.integer(0, 11)) {
    case 0:
      return { kind: 'byte', file, at: random.integer(0, bytes.length - 1), xor: 1 << random.integer(0, 7) };
    case 1:
      return { kind: 'truncate', file, size: random.integer(0, bytes.length - 1) };
    case 2:
      return { kind: 'replace', file, by: otherFile(random, file, `${directory}/${random.pick(files)}`) };
    case 3:
      return random.chance(0.5)
        ? { kind: random.pick(['remove', 'directory']), file }
        : { kind: 'grow', file, size: random.integer(1, 100) };
    default:
      return { kind: 'json', file, mutation: mutateJson(random, JSON.parse(bytes.toString('utf8'))) };
  }
}

export function randomMutation(random: Random, model: Model): Mutation {
  const weights = model.files.filter((name) => name.endsWith('.safetensors'));
  const configs = model.files.filter((name) => /(^|\/)config\.json$/.test(name));
  const others = model.files.filter((name) => name.endsWith('.json'));
  const kind = random.next();
  if (kind < 0.35) return weightsMutation(random, model, random.pick(weights));
  return jsonMutation(random, model, random.pick(kind < 0.7 ? configs : others));
}

/** Makes the change in a copy of the model at `folder`. */
export function applyMutation(folder: string, mutation: Mutation): void {
  const path = join(folder, mutation.file);
  // An earlier change may have taken the file away.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  if (mutation.kind === 'remove') rmSync(path);
  else if (mutation.kind === 'directory') {
    rmSync(path);
    mkdirSync(path);
  } else {
    const bytes = changed(readFileSync(path), mutation);
    if (bytes !== undefined) writeFileSync(path, bytes);
  }
}

type Rewrite = Exclude<Mutation, { kind: 'remove' | 'directory' }>;

/** The new content; undefined where an earlier change has left nothing that this one could change. */
function changed(bytes: Buffer, mutation: Rewrite): Buffer | undefined {
  switch (mutation.kind) {
    case 'json':
      return whereJson(() => Buffer.from(applyJson(bytes.toString('utf8'), mutation.mutation)));
    case 'header':
      return whereJson(() => withHeader(bytes, mutation.mutation));
    case 'byte':
      if (mutation.at < bytes.length) bytes[mutation.at]! ^= mutation.xor;
      return bytes;
    case 'float':
      if (mutation.at + 4 <= bytes.length) bytes.write(mutation.hex, mutation.at, 'hex');
      return bytes;
    case 'truncate':
      return bytes.subarray(0, mutation.size);
    case 'grow':
      return Buffer.concat([bytes, Buffer.alloc(mutation.size, ' ')]);
    case 'replace':
      return readFileSync(join(root, mutation.by));
  }
}

function whereJson(change: () => Buffer): Buffer | undefined {
  try {
    return change();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function withHeader(bytes: Buffer, mutation: JsonMutation): Buffer {
  const { text, end } = headerOf(bytes);
  const header = Buffer.from(applyJson(text, mutation));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, bytes.subarray(end)]);
}

/** A copy of the model in `folder`, which is made. */
export function copyModel(directory: string, folder: string): void {
  for (const file of filesBelow(directory)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), read(directory, file));
  }
}
