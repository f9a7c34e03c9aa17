/** Text to token ids, by what tokenizer.json says; the ids are those of the Rust library `tokenizers`. */
import { expectation, ModelError } from '../errors.js';
import type { JsonObject } from './json_file.js';
import { type AddedToken, AddedTokenFinder, readAddedTokens } from './tokenizer/added_tokens.js';
import { component } from './tokenizer/component.js';
import { createModel, type Model } from './tokenizer/models.js';
import { createNormalizer, lowerCase, type Normalizer, normalizerParts } from './tokenizer/normalizers.js';
import { pieces } from './tokenizer/pieces.js';
import { createPreTokenizer, type PreTokenizer } from './tokenizer/pre_tokenizers.js';
import { createTemplate, type Template } from './tokenizer/template.js';

export interface TokenizerOptions {
  /** Tokens in all, special tokens included. */
  maxLength: number;
  lowerCase: boolean;
}

/** Normalizers that see the ends of a text. */
const WHOLE_TEXT: readonly unknown[] = ['Prepend', 'Strip'];

interface Parts {
  normalizer: Normalizer | undefined;
  preTokenizer: PreTokenizer | undefined;
  model: Model;
  template: Template;
  added: readonly AddedToken[];
  /** Whether a long text may be cut at spaces. */
  divisible: boolean;
}

export class Tokenizer {
  readonly maxLength: number;
  private readonly names: ReadonlyMap<number, string>;
  private readonly raw: AddedTokenFinder;
  private readonly normalized: AddedTokenFinder;

  private constructor(
    private readonly parts: Parts,
    file: JsonObject,
    { maxLength }: TokenizerOptions,
  ) {
    const { added, normalizer, template } = parts;
    this.names = new Map(added.map(({ id, content }) => [id, content]));
    this.raw = new AddedTokenFinder(added.filter((token) => !token.normalized));
    this.normalized = new AddedTokenFinder(
      added.filter((token) => token.normalized),
      normalizer,
    );
    this.maxLength = maxLength;
    const special = template.before.length + template.after.length;
    if (maxLength <= special) {
      throw new ModelError(
        expectation(file.source, `room for more than ${special} tokens`, String(maxLength)),
      );
    }
  }

  /** @param file tokenizer.json */
  static create(file: JsonObject, _config: JsonObject, options: TokenizerOptions): Tokenizer {
    const model = component(file, 'model');
    if (model === undefined) return file.fail('model', 'a model of a tokenizer');
    const normalizer = component(file, 'normalizer');
    const preTokenizer = component(file, 'pre_tokenizer');
    const normalizers = normalizerParts(normalizer);
    const added = readAddedTokens(file);
    const lowers = normalizers.some(
      (part) =>
        part.get('type') === 'Lowercase' ||
        (part.get('type') === 'BertNormalizer' && part.boolean('lowercase', true)),
    );
    const normalize = normalizer && createNormalizer(normalizer);
    const parts: Parts = {
      normalizer: options.lowerCase && !lowers ? (text) => (normalize ?? String)(lowerCase(text)) : normalize,
      preTokenizer: preTokenizer && createPreTokenizer(preTokenizer),
      model: createModel(model),
      template: createTemplate(component(file, 'post_processor')),
      added,
      divisible:
        preTokenizer !== undefined &&
        !normalizers.some((part) => WHOLE_TEXT.includes(part.get('type'))) &&
        !added.some(({ content, stripRight }) => stripRight || /\S \S/.test(content)),
    };
    return new Tokenizer(parts, file, options);
  }

  /** Ids with special tokens, truncated to `maxLength`. Lone surrogates count as U+FFFD. */
  encode(text: string): number[] {
    const { before, after } = this.parts.template;
    const room = this.maxLength - before.length - after.length;
    const ids: number[] = [...before];
    const full = before.length + room;
    let begin = 0;
    for (const piece of this.parts.divisible ? pieces(text) : [text]) {
      // A tokenizer that worked through a whole text before it is truncated would hold the event loop for long.
      if (ids.length >= full) break;
      this.encodePiece(piece.toWellFormed(), begin === 0, ids, full);
      begin += piece.length;
    }
    if (ids.length > full) ids.length = full;
    for (const id of after) ids.push(id);
    return ids;
  }

  /** Leading tokens of a text that a prompt takes, as sentence-transformers counts them: all but the last special one. */
  promptLength(prompt: string): number {
    return this.encode(prompt).length - Math.min(1, this.parts.template.after.length);
  }

  /** What the vocabulary calls these ids, for people to read. */
  tokens(ids: readonly number[]): string[] {
    return ids.map((id) => this.names.get(id) ?? this.parts.model.vocabulary.name(id) ?? `[${id}]`);
  }

  private encodePiece(piece: string, first: boolean, ids: number[], full: number): void {
    const { normalizer, preTokenizer, model } = this.parts;
    for (const section of this.raw.split(piece)) {
      if (section.id !== undefined) {
        ids.push(section.id);
        continue;
      }
      const text = normalizer ? normalizer(section.text) : section.text;
      for (const part of this.normalized.split(text)) {
        if (part.id !== undefined) {
          ids.push(part.id);
          continue;
        }
        if (part.text === '') continue;
        const begins = first && section.begin === 0 && part.begin === 0;
        const words = preTokenizer ? preTokenizer(part.text, begins) : [part.text];
        for (const word of words) {
          if (ids.length >= full) return;
          for (const id of model.encode(word, full - ids.length)) ids.push(id);
        }
      }
    }
  }
}
