/** Texts out of JSON lines: a field of one object a line. */

import { expectation, FormatError } from '../errors.js';
import { describeJson } from './describe_json.js';
import { readLines } from './lines.js';
import { quoteName } from './quote_name.js';
import { BatchCollector, checkId, checkText, type RecordBatch } from './record_batch.js';

export interface JsonlReadOptions {
  /** Name of the field with the text; dots lead into objects and arrays, as in "message.0.content". */
  readonly field: string;
  /** Field of the id, where ids are wanted. */
  readonly id?: string;
  /** Names the stream in errors. */
  readonly source: string;
}

/**
 * Blank lines are skipped.
 * @throws FormatError on a line that is no JSON object, and on a field that is missing or of another type
 */
export async function* readJsonl(
  stream: AsyncIterable<Uint8Array>,
  { field, id, source }: JsonlReadOptions,
): AsyncGenerator<RecordBatch, void, undefined> {
  const text = fieldReader(field);
  const idOf = id === undefined ? undefined : fieldReader(id);
  const collector = new BatchCollector(id !== undefined);
  let line = 0;
  for await (const { lines } of readLines(stream, { source })) {
    for (const content of lines) {
      line++;
      if (/^\s*$/.test(content)) continue;
      const record = parseObject(content, () => `${source}, line ${line}`);
      const place = (name: string) => () => `${source}, line ${line}, field ${quoteName(name)}`;
      const batch = collector.add(
        checkText(place(field), text(record)),
        idOf && checkId(place(id!), idOf(record)),
      );
      if (batch !== undefined) yield batch;
    }
    // Not held back until a batch is full: the source may be a pipe that pauses here.
    const rest = collector.take();
    if (rest !== undefined) yield rest;
  }
}

function parseObject(content: string, subject: () => string): object {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    // The engine's message quotes the input.
    const received = quoteName((cause as Error).message);
    throw new FormatError(expectation(subject(), 'valid JSON', received), { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError(expectation(subject(), 'a JSON object', describeJson(value)));
  }
  return value;
}

/** A key that has the dots in its name goes before the way that they describe. */
function fieldReader(path: string): (record: object) => unknown {
  const keys = path.split('.');
  return (record) => {
    if (Object.hasOwn(record, path)) return (record as Record<string, unknown>)[path];
    let value: unknown = record;
    for (const key of keys) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Record<string, unknown>)[key];
    }
    return value;
  };
}
