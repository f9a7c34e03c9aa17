/** Tokens and their ids, both ways. */
import { describe } from '../../errors.js';
import { isObject, type JsonObject } from '../json_file.js';

/** Ids beyond this are no vocabulary's. */
const LARGEST_ID = 1 << 24;

export class Vocabulary {
  private readonly names: string[] = [];

  private constructor(private readonly ids: Map<string, number>) {
    for (const [token, id] of ids) this.names[id] = token;
  }

  /** The object under `key`, from tokens to ids. */
  static read(from: JsonObject, key = 'vocab'): Vocabulary {
    const value = from.get(key);
    if (!isObject(value)) from.fail(key, 'an object from tokens to ids');
    const ids = new Map<string, number>();
    for (const [token, id] of Object.entries(value)) ids.set(token, checkId(from, key, token, id));
    return new Vocabulary(ids);
  }

  /** Tokens whose ids are their places. */
  static of(tokens: readonly string[]): Vocabulary {
    return new Vocabulary(new Map(tokens.map((token, id) => [token, id])));
  }

  get size(): number {
    return this.ids.size;
  }

  id(token: string): number | undefined {
    return this.ids.get(token);
  }

  /** The id of the token that `key` names; undefined where it names none. */
  named(from: JsonObject, key: string): number | undefined {
    const token = from.optionalString(key);
    if (token === undefined) return undefined;
    const id = this.ids.get(token);
    if (id === undefined) from.fail(key, 'a token of the vocabulary');
    return id;
  }

  name(id: number): string | undefined {
    return this.names[id];
  }
}

export function checkId(from: JsonObject, key: string, token: string, id: unknown): number {
  if (!Number.isSafeInteger(id) || (id as number) < 0 || (id as number) > LARGEST_ID) {
    from.fail(key, `an id from 0 to ${LARGEST_ID} for ${describe(token)}`, id);
  }
  return id as number;
}
