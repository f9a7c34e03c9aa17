/** `extractor.tokenizer` and `AutoTokenizer`: ids, tokens and text by transformers.js' names. */
import { types } from 'node:util';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { ArgumentError, describe, expectation, ModelError } from '../errors.js';
import { JsonObject } from '../models/directory/json_file.js';
import { drain } from '../models/tokenizer/steps.js';
import { Tokenizer } from '../models/tokenizer/tokenizer.js';
import { allItems, checkOptions, optionNames } from '../options.js';
import { allocateArray } from '../tensor/allocate.js';
import { checkPositiveInteger } from '../tensor/shape.js';
import { isDetached } from '../tensor/typed_array.js';
import { Callable } from './callable.js';
import { checkTexts } from './options.js';
import { Tensor } from './tensor.js';

export interface DecodeOptions {
  skip_special_tokens?: boolean;
  clean_up_tokenization_spaces?: boolean;
}

export interface TokenizerCallOptions {
  /** To the longest text, or to `max_length`. */
  padding?: boolean | 'max_length';
  truncation?: boolean | null;
  max_length?: number | null;
  add_special_tokens?: boolean;
  /** False: nested arrays of numbers instead of tensors. */
  return_tensor?: boolean;
}

export interface Encoded<T = Tensor> {
  input_ids: T;
  attention_mask: T;
}

interface Library {
  encode(
    text: string,
    options?: { add_special_tokens?: boolean; text_pair?: string | null; return_token_type_ids?: boolean },
  ): { ids: number[] };
  decode(ids: number[], options?: DecodeOptions): string;
  tokenize(text: string, options?: { add_special_tokens?: boolean }): string[];
  token_to_id(token: string): number | undefined;
}

const CALL_OPTIONS = optionNames<keyof TokenizerCallOptions>()(
  'padding',
  'truncation',
  'max_length',
  'add_special_tokens',
  'return_tensor',
);
/** Code units of a text that a tokenizer of more than linear time may have. */
const SHORT = 2048;
const ENCODE_OPTIONS = optionNames<'add_special_tokens'>()('add_special_tokens');
const DECODE_OPTIONS = optionNames<keyof DecodeOptions>()(
  'skip_special_tokens',
  'clean_up_tokenization_spaces',
);

const NAMES = ['mask', 'pad', 'sep', 'cls', 'unk', 'bos', 'eos'] as const;
type SpecialName = (typeof NAMES)[number];

/** What texts are filled up with where the tokenizer names no padding: masked positions are never read. */
const NO_PADDING = 0;

/** In a list to decode, and in a text that is padded: far more than any model reads. */
const MOST_IDS = 2 ** 24;

/** In lists of numbers, which take more memory than tensors. */
const MOST_LISTED = 2 ** 26;

function idsOf(ids: unknown): number[] {
  const list = ids instanceof Tensor ? (ids.dims.length > 1 ? ids.row(0).data : ids.data) : ids;
  if (!Array.isArray(list) && !ArrayBuffer.isView(list)) {
    throw new ArgumentError(expectation('token_ids', 'an array of token ids', describe(ids), 'type'));
  }
  const here = Array.isArray(list) || (types.isTypedArray(list) && !isDetached(list));
  const items = list as unknown as readonly unknown[];
  const known =
    here &&
    items.length <= MOST_IDS &&
    allItems(items, (id) => Number.isSafeInteger(typeof id === 'bigint' ? Number(id) : id));
  if (!known)
    throw new ArgumentError(expectation('token_ids', 'an array of token ids', describe(ids), 'type'));
  return Array.from(list as unknown as ArrayLike<number | bigint>, Number);
}

export interface PreTrainedTokenizer {
  (
    text: string | readonly string[],
    options: TokenizerCallOptions & { return_tensor: false },
  ): Encoded<number[][]>;
  (text: string | readonly string[], options?: TokenizerCallOptions): Encoded;
}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an instance is a function
export class PreTrainedTokenizer extends Callable {
  readonly model_max_length: number;
  readonly #library: Library;
  readonly #file: JsonObject;
  /** Made for the first text. */
  #own: Tokenizer | null | undefined;
  readonly #tokens = new Map<SpecialName, string>();

  constructor(file: JsonObject, config: JsonObject) {
    super();
    if (!(file instanceof JsonObject && config instanceof JsonObject)) {
      const expected = 'what AutoTokenizer.from_pretrained makes it of';
      throw new ArgumentError(expectation('PreTrainedTokenizer', expected, describe(file)));
    }
    this.#file = file;
    try {
      this.#library = new HuggingFaceTokenizer(file.values, config.values) as Library;
    } catch (cause) {
      throw new ModelError(expectation(file.source, 'a tokenizer', (cause as Error).message), { cause });
    }
    const limit = config.get('model_max_length');
    this.model_max_length = typeof limit === 'number' && limit > 0 ? limit : Number.POSITIVE_INFINITY;
    for (const name of NAMES) {
      const value = config.get(`${name}_token`);
      const token = typeof value === 'object' ? (value as { content?: unknown } | null)?.content : value;
      if (typeof token === 'string') this.#tokens.set(name, token);
    }
  }

  get mask_token(): string | undefined {
    return this.#tokens.get('mask');
  }

  get mask_token_id(): number | undefined {
    return this.#id('mask');
  }

  get pad_token(): string | undefined {
    return this.#tokens.get('pad');
  }

  get pad_token_id(): number | undefined {
    return this.#id('pad');
  }

  get sep_token(): string | undefined {
    return this.#tokens.get('sep');
  }

  get sep_token_id(): number | undefined {
    return this.#id('sep');
  }

  get cls_token(): string | undefined {
    return this.#tokens.get('cls');
  }

  get cls_token_id(): number | undefined {
    return this.#id('cls');
  }

  get unk_token(): string | undefined {
    return this.#tokens.get('unk');
  }

  get unk_token_id(): number | undefined {
    return this.#id('unk');
  }

  /** Ids of one text, not truncated. */
  encode(text: string, options: { add_special_tokens?: boolean } = {}): number[] {
    checkOptions('encode', ENCODE_OPTIONS, options);
    return this.#encode(text, options.add_special_tokens ?? true, Number.POSITIVE_INFINITY);
  }

  /** At least the first `most` ids. */
  #encode(text: string, special: boolean, most: number): number[] {
    if (typeof text !== 'string')
      throw new ArgumentError(expectation('text', 'a string', describe(text), 'type'));
    const own = this.#tokenizer();
    if (own === null) return this.#library.encode(text.toWellFormed(), { add_special_tokens: special }).ids;
    const { before, after } = own.template;
    const around = before.length + after.length;
    const ids = drain(own.steps(text, most + around));
    return special ? ids : ids.slice(before.length, ids.length - after.length);
  }

  /** The package's own, whose time is linear in the length of a text; null for a file with parts that it lacks. */
  #tokenizer(): Tokenizer | null {
    if (this.#own === undefined) {
      try {
        this.#own = Tokenizer.create(this.#file, { maxLength: Number.MAX_SAFE_INTEGER, lowerCase: false });
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        this.#own = null;
      }
    }
    return this.#own;
  }

  tokenize(text: string, options: { add_special_tokens?: boolean } = {}): string[] {
    if (typeof text !== 'string')
      throw new ArgumentError(expectation('text', 'a string', describe(text), 'type'));
    checkOptions('tokenize', ENCODE_OPTIONS, options);
    const special = options.add_special_tokens ?? false;
    const own = this.#tokenizer();
    if (own !== null) {
      const ids = this.#encode(text, special, Number.POSITIVE_INFINITY);
      // The library shows the piece itself for one that the vocabulary lacks, but its time is not linear.
      if (text.length > SHORT || !ids.includes(this.unk_token_id ?? -1)) return own.tokens(ids);
    }
    return this.#library.tokenize(text.toWellFormed(), { add_special_tokens: special });
  }

  decode(ids: readonly number[] | readonly bigint[] | Tensor, options: DecodeOptions = {}): string {
    checkOptions('decode', DECODE_OPTIONS, options);
    const list = idsOf(ids);
    // The library refuses an empty list, of which the text is known.
    return list.length === 0 ? '' : this.#library.decode(list, options);
  }

  batch_decode(
    batch: readonly (readonly number[])[] | readonly (readonly bigint[])[] | Tensor,
    options: DecodeOptions = {},
  ): string[] {
    const rows = batch instanceof Tensor ? (batch.tolist() as bigint[][]) : batch;
    if (!Array.isArray(rows) || rows.length > MOST_IDS) {
      throw new ArgumentError(
        expectation('batch', 'an array of arrays of token ids', describe(batch), 'type'),
      );
    }
    return Array.from(rows, (ids) => this.decode(ids, options));
  }

  _call(text: string | readonly string[], options: TokenizerCallOptions = {}): Encoded | Encoded<number[][]> {
    checkOptions('tokenizer', CALL_OPTIONS, options);
    const { padding = false, truncation = null, add_special_tokens = true } = options;
    const { max_length = null } = options;
    if (max_length !== null) checkPositiveInteger('max_length', max_length);
    const limit = Math.min(options.max_length ?? Number.POSITIVE_INFINITY, this.model_max_length);
    const most = truncation ? Math.max(0, limit) : Number.POSITIVE_INFINITY;
    const rows = checkTexts(text).map((one) => this.#encode(one, add_special_tokens, most));
    const kept = truncation ? rows.map((row) => row.slice(0, limit)) : rows;
    const longest = kept.reduce((most, row) => Math.max(most, row.length), 0);
    const width = padding === 'max_length' && Number.isFinite(limit) ? limit : longest;
    if (padding && width > longest && width > MOST_IDS) {
      throw new ArgumentError(
        expectation('max_length', `at most ${MOST_IDS} to pad texts to`, describe(width), 'range'),
      );
    }
    const fill = this.pad_token_id ?? NO_PADDING;
    const mask = kept.map((row) => row.map(() => 1));
    if (options.return_tensor === false) {
      if (!padding) return { input_ids: kept, attention_mask: mask };
      if (kept.length * width > MOST_LISTED) {
        const received = `${kept.length} texts of ${width}`;
        throw new ArgumentError(
          expectation('tokenizer', `at most ${MOST_LISTED} ids in lists`, received, 'length'),
        );
      }
      return {
        input_ids: kept.map((row) => padded(row, width, fill)),
        attention_mask: mask.map((row) => padded(row, width, 0)),
      };
    }
    const least = padding ? width : 0;
    return { input_ids: tensorOf(kept, least, fill), attention_mask: tensorOf(mask, least, 0) };
  }

  #id(name: SpecialName): number | undefined {
    const token = this.#tokens.get(name);
    return token === undefined ? undefined : this.#library.token_to_id(token);
  }
}

function padded(row: readonly number[], width: number, value: number): number[] {
  return [...row, ...new Array<number>(Math.max(0, width - row.length)).fill(value)];
}

/** @param least length of every row, to which `value` fills it up */
function tensorOf(rows: readonly number[][], least: number, value: number): Tensor {
  const columns = rows.length === 0 ? 0 : Math.max(least, rows[0]!.length);
  const uneven = rows.find((row) => Math.max(least, row.length) !== columns);
  if (uneven !== undefined) {
    const received = `${rows[0]!.length} and ${uneven.length} tokens`;
    throw new ArgumentError(
      expectation('padding', 'true for texts of different lengths', received, 'conflict'),
    );
  }
  const data = allocateArray(BigInt64Array, [rows.length, columns], 'token ids').fill(BigInt(value));
  for (const [i, row] of rows.entries()) {
    for (const [j, id] of row.entries()) data[i * columns + j] = BigInt(id);
  }
  return new Tensor('int64', data, [rows.length, columns]);
}
