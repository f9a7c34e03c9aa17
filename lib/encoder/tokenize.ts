/** Text to token ids, by @huggingface/tokenizers. */
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { expectation, ModelError } from '../errors.js';
import type { JsonObject } from './json_file.js';

/** Ideographs outside of the basic plane that BERT splits one by one; the library's range ends before them. */
const SUPPLEMENTARY_IDEOGRAPH =
  /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
const HAS_SURROGATE = /[\ud800-\udfff]/;

/** Characters tokenized in one piece; longer texts are cut at white space until they fill `maxLength`. */
const PIECE = 4096;

/** What is used of the library, whose own declarations do not resolve under Node's module rules. */
interface LibraryTokenizer {
  encode(text: string, options?: { add_special_tokens?: boolean }): { ids: number[] };
  id_to_token(id: number): string | undefined;
}

export interface TokenizerOptions {
  /** Tokens in all, special tokens included. */
  maxLength: number;
  lowerCase: boolean;
}

export class Tokenizer {
  readonly maxLength: number;
  private readonly prefix: readonly number[];
  private readonly suffix: readonly number[];
  private readonly bertNormalizer: Readonly<Record<string, unknown>> | undefined;
  /** White space always separates tokens, so a text may be tokenized piece by piece. */
  private readonly divisible: boolean;

  private constructor(
    private readonly library: LibraryTokenizer,
    file: JsonObject,
    private readonly options: TokenizerOptions,
  ) {
    const normalizer = file.get('normalizer') as Record<string, unknown> | null | undefined;
    const preTokenizer = file.get('pre_tokenizer') as Record<string, unknown> | null | undefined;
    this.bertNormalizer = normalizer?.type === 'BertNormalizer' ? normalizer : undefined;
    this.divisible = preTokenizer?.type === 'BertPreTokenizer';
    const bare = library.encode('a', { add_special_tokens: false }).ids;
    const framed = library.encode('a').ids;
    const start = framed.findIndex((_, i) => bare.every((id, j) => framed[i + j] === id));
    if (bare.length === 0 || start < 0) {
      throw new ModelError(expectation(file.source, 'a template around the text', `[${framed.join(', ')}]`));
    }
    this.prefix = framed.slice(0, start);
    this.suffix = framed.slice(start + bare.length);
    this.maxLength = options.maxLength;
    const special = this.prefix.length + this.suffix.length;
    if (this.maxLength <= special) {
      throw new ModelError(
        expectation(file.source, `room for more than ${special} tokens`, String(this.maxLength)),
      );
    }
  }

  static create(file: JsonObject, config: JsonObject, options: TokenizerOptions): Tokenizer {
    let library: LibraryTokenizer;
    try {
      library = new HuggingFaceTokenizer(file.values, config.values) as LibraryTokenizer;
    } catch (cause) {
      throw new ModelError(expectation(file.source, 'a tokenizer', (cause as Error).message), { cause });
    }
    return new Tokenizer(library, file, options);
  }

  /** Ids with special tokens, truncated to `maxLength`. Lone surrogates count as U+FFFD. */
  encode(text: string): number[] {
    const room = this.maxLength - this.prefix.length - this.suffix.length;
    const ids = this.content(this.normalize(text), room);
    return [...this.prefix, ...ids.slice(0, room), ...this.suffix];
  }

  /** Leading tokens of a text that a prompt takes, as sentence-transformers counts them: all but the last special one. */
  promptLength(prompt: string): number {
    return this.encode(prompt).length - Math.min(1, this.suffix.length);
  }

  /** What the vocabulary calls these ids, for people to read. */
  tokens(ids: readonly number[]): string[] {
    return ids.map((id) => this.library.id_to_token(id) ?? `[${id}]`);
  }

  private content(text: string, room: number): number[] {
    if (!this.divisible || text.length <= 2 * PIECE)
      return this.library.encode(text, { add_special_tokens: false }).ids;
    // A tokenizer works through a whole text before it is truncated: 100,000 characters would hold the event
    // loop for tens of milliseconds to keep 256 tokens.
    const ids: number[] = [];
    for (let at = 0; at < text.length && ids.length < room; ) {
      let end = Math.min(at + PIECE, text.length);
      while (end < text.length && !isSpace(text.charCodeAt(end))) end++;
      for (const id of this.library.encode(text.slice(at, end), { add_special_tokens: false }).ids)
        ids.push(id);
      at = end;
    }
    return ids;
  }

  private normalize(text: string): string {
    let out = text.toWellFormed();
    if (this.options.lowerCase) out = out.toLowerCase();
    if (this.bertNormalizer) {
      // The reference lowers one character at a time, so a final sigma gets no form of its own.
      if (this.bertNormalizer.lowercase) out = out.replaceAll('Σ', 'σ');
      if (this.bertNormalizer.handle_chinese_chars && HAS_SURROGATE.test(out)) {
        out = out.replace(SUPPLEMENTARY_IDEOGRAPH, ' $& ');
      }
    }
    return out;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}
