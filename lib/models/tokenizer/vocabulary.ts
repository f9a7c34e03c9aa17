/** Tokens and their ids, both ways. */
import { describe } from '../../errors.js';
import { isObject, type JsonObject } from '../directory/json_file.js';

/** Ids beyond this are no vocabulary's. */
const LARGEST_ID = 1 << 24;

/** Code units beyond which tokens are few. */
export const LONG_TOKEN = 16;

export class Vocabulary {
  private reversed: string[] | undefined;

  private constructor(
    private readonly ids: Map<string, number>,
    /** Code units of the longest token. */
    readonly longest: number,
    /** Tokens of more than LONG_TOKEN code units. */
    readonly long: readonly string[],
  ) {}

  /** The object under `key`, from tokens to ids. */
  static read(from: JsonObject, key = 'vocab'): Vocabulary {
    const value = from.get(key);
    if (!isObject(value)) from.fail(key, 'an object from tokens to ids');
    const ids = new Map<string, number>();
    // Pairs of a large object cost three times what its keys do, and every start of a program waits for this.
    let longest = 0;
    const long: string[] = [];
    for (const token of Object.keys(value)) {
      ids.set(token, checkId(from, key, token, value[token]));
      if (token.length > longest) longest = token.length;
      if (token.length > LONG_TOKEN) long.push(token);
    }
    return new Vocabulary(ids, longest, long);
  }

  /** Tokens whose ids are their places. */
  static of(tokens: readonly string[]): Vocabulary {
    const longest = tokens.reduce((most, token) => Math.max(most, token.length), 0);
    const long = tokens.filter((token) => token.length > LONG_TOKEN);
    return new Vocabulary(new Map(tokens.map((token, id) => [token, id])), longest, long);
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
    if (this.reversed === undefined) {
      // Few ask, and a program that starts should not wait for it.
      this.reversed = [];
      for (const [token, own] of this.ids) this.reversed[own] = token;
    }
    return this.reversed[id];
  }
}

export function checkId(from: JsonObject, key: string, token: string, id: unknown): number {
  if (!Number.isSafeInteger(id) || (id as number) < 0 || (id as number) > LARGEST_ID) {
    from.fail(key, `an id from 0 to ${LARGEST_ID} for ${describe(token)}`, id);
  }
  return id as number;
}
