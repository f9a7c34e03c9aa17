/** JSON files of a model directory, and checked access to their keys. */
import { join } from 'node:path';
import { describe, expectation, FileError, ModelError } from '../../errors.js';
import { withInputFile } from '../../formats/input_file.js';

/** Bytes; no string is much longer. */
const LARGEST = 2 ** 29 - 2 ** 16;

export class JsonObject {
  constructor(
    /** For messages: the file's path. */
    readonly source: string,
    readonly values: Readonly<Record<string, unknown>>,
  ) {}

  get(key: string): unknown {
    return Object.hasOwn(this.values, key) ? this.values[key] : undefined;
  }

  /** @param received by default the value of the key */
  fail(key: string, expected: string, received: unknown = this.get(key)): never {
    throw new ModelError(expectation(`${this.source}: ${key}`, expected, describe(received)));
  }

  integer(key: string, low: number, high: number, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high) {
      this.fail(key, `an integer from ${low} to ${high}`);
    }
    return value as number;
  }

  number(key: string, fallback: number): number {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
      this.fail(key, 'a finite number that float32 holds');
    }
    return value;
  }

  string(key: string, fallback?: string): string {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'string') this.fail(key, 'a string');
    return value;
  }

  /** Undefined where the key is missing or null. */
  optionalString(key: string): string | undefined {
    return (this.get(key) ?? null) === null ? undefined : this.string(key);
  }

  /** Undefined where the key is missing or null. */
  optionalInteger(key: string, low: number, high: number): number | undefined {
    return (this.get(key) ?? null) === null ? undefined : this.integer(key, low, high);
  }

  /** Undefined where the key is missing or null; its messages name both. */
  optionalObject(key: string): JsonObject | undefined {
    const value = this.get(key) ?? undefined;
    if (value === undefined) return undefined;
    if (!isObject(value)) this.fail(key, 'an object');
    return new JsonObject(`${this.source}: ${key}`, value);
  }

  /** Empty where the key is missing or null. */
  record(key: string): Readonly<Record<string, unknown>> {
    const value = this.get(key) ?? {};
    if (!isObject(value)) this.fail(key, 'an object');
    return value;
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'boolean') this.fail(key, 'a boolean');
    return value;
  }
}

async function readText(path: string): Promise<string> {
  return withInputFile(path, async (file) => {
    if (file.size > LARGEST) {
      throw new ModelError(expectation(path, `at most ${LARGEST} bytes`, `${file.size} bytes`));
    }
    const bytes = Buffer.allocUnsafe(file.size);
    await file.read(bytes, 0);
    await file.checkUnchanged();
    return bytes.toString('utf8');
  });
}

async function parse(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    // What the file system says is the cause; without one, the file is not a regular one or was changed.
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    const message =
      cause?.code === undefined ? error.message : expectation(path, 'a readable file', cause.code);
    throw new ModelError(message, { cause: cause ?? error });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ModelError(expectation(path, 'valid JSON', (cause as Error).message), { cause });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export async function readJsonObject(directory: string, name: string): Promise<JsonObject> {
  const path = join(directory, name);
  const value = await parse(path);
  if (!isObject(value)) throw new ModelError(expectation(path, 'a JSON object', describe(value)));
  return new JsonObject(path, value);
}

/** What was read, or undefined when there is no such file. */
async function optional<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined when there is no such file. */
export function readOptionalJson(directory: string, name: string): Promise<JsonObject | undefined> {
  return optional(readJsonObject(directory, name));
}

async function readJsonArray(path: string): Promise<JsonObject[]> {
  const value = await parse(path);
  if (!Array.isArray(value) || !value.every(isObject)) {
    throw new ModelError(expectation(path, 'a JSON array of objects', describe(value)));
  }
  return value.map((entry, i) => new JsonObject(`${path}[${i}]`, entry));
}

/** An array of objects; undefined when there is no such file. */
export function readOptionalJsonArray(directory: string, name: string): Promise<JsonObject[] | undefined> {
  return optional(readJsonArray(join(directory, name)));
}
