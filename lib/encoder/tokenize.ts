/** Text to token ids, by what tokenizer.json says; the ids are those of the Rust library `tokenizers`. */
import { expectation, ModelError } from '../errors.js';
import type { JsonObject } from './json_file.js';
import { type AddedToken, AddedTokenFinder, readAddedTokens } from './tokenizer/added_tokens.js';
import { createModel, type Model } from './tokenizer/models.js';
import { createNormalizer, lowerCase, type Normalizer, normalizerParts } from './tokenizer/normalizers.js';
import { type Cut, pieces } from './tokenizer/pieces.js';
import { createPreTokenizer, dividesAtSpaces, type PreTokenizer } from './tokenizer/pre_tokenizers.js';
import { drain, WorkMeter } from './tokenizer/steps.js';
import { createTemplate, type Template } from './tokenizer/template.js';

export interface TokenizerOptions {
  /** Tokens in all, special tokens included. */
  maxLength: number;
  lowerCase: boolean;
}

/** Words in one step. */
const WORDS = 512;
/** Longer words take steps of their own. */
const LONG_WORD = 1024;

/** Normalizers that see the ends of a text. */
const WHOLE_TEXT: readonly unknown[] = ['Prepend', 'Strip'];

interface Parts {
  normalizer: Normalizer | undefined;
  preTokenizer: PreTokenizer | undefined;
  model: Model;
  template: Template;
  added: readonly AddedToken[];
  /** Where a long text may be cut. */
  cut: Cut;
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
  static create(file: JsonObject, options: TokenizerOptions): Tokenizer {
    const model = file.optionalObject('model');
    if (model === undefined) return file.fail('model', 'a model of a tokenizer');
    const normalizer = file.optionalObject('normalizer');
    const preTokenizer = file.optionalObject('pre_tokenizer');
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
      template: createTemplate(file.optionalObject('post_processor')),
      added,
      cut: whereToCut(preTokenizer, normalizers, added),
    };
    return new Tokenizer(parts, file, options);
  }

  /** Ids with special tokens, truncated to `maxLength`. Lone surrogates count as U+FFFD. */
  encode(text: string): number[] {
    return drain(this.steps(text));
  }

  /**
   * `encode` in steps of about a millisecond, between which other work may be done.
   * @param meter counts the work, for tests
   */
  *steps(text: string, maxLength = this.maxLength, meter = new WorkMeter()): Generator<void, number[], void> {
    const { before, after } = this.parts.template;
    const ids: number[] = [...before];
    const full = maxLength - after.length;
    let begin = 0;
    // A tokenizer that worked through a whole text before it is truncated would take long for what is thrown away.
    for (const piece of pieces(text, this.parts.cut)) {
      for (const { words, id } of this.sections(piece.toWellFormed(), begin === 0)) {
        if (ids.length >= full) break;
        if (id === undefined) yield* this.addWords(words, ids, full);
        else ids.push(id);
      }
      if (ids.length >= full) break;
      begin += piece.length;
    }
    if (ids.length > full) ids.length = full;
    for (const id of after) ids.push(id);
    meter.endStep();
    return ids;
  }

  /** Ids that every text has before and after its own. */
  get template(): Template {
    return this.parts.template;
  }

  /** Leading tokens of a text that a prompt takes, as sentence-transformers counts them: all but the last special one. */
  promptLength(prompt: string): number {
    return this.encode(prompt).length - Math.min(1, this.parts.template.after.length);
  }

  /** What the vocabulary calls these ids, for people to read. */
  tokens(ids: readonly number[]): string[] {
    return ids.map((id) => this.names.get(id) ?? this.parts.model.vocabulary.name(id) ?? `[${id}]`);
  }

  /** The words between added tokens, and these. */
  private *sections(piece: string, first: boolean): Generator<{ words: string[]; id: number | undefined }> {
    const { normalizer, preTokenizer } = this.parts;
    for (const section of this.raw.split(piece)) {
      if (section.id !== undefined) {
        yield { words: [], id: section.id };
        continue;
      }
      const text = normalizer ? normalizer(section.text) : section.text;
      for (const { id, text: part, begin } of this.normalized.split(text)) {
        const begins = first && section.begin === 0 && begin === 0;
        if (id !== undefined || part === '') yield { words: [], id };
        else yield { words: preTokenizer ? preTokenizer(part, begins) : [part], id };
      }
    }
  }

  private *addWords(words: readonly string[], ids: number[], full: number): Generator<void, void, void> {
    const { model } = this.parts;
    for (const [i, word] of words.entries()) {
      if (ids.length >= full) return;
      if (i % WORDS === WORDS - 1) yield;
      const long = word.length > LONG_WORD && model.steps !== undefined;
      const found = long ? yield* model.steps!(word) : model.encode(word, full - ids.length);
      for (const id of found) ids.push(id);
    }
  }
}

function whereToCut(
  preTokenizer: JsonObject | undefined,
  normalizers: readonly JsonObject[],
  added: readonly AddedToken[],
): Cut {
  const divides = preTokenizer !== undefined && dividesAtSpaces(preTokenizer);
  const seesEnds = normalizers.some((part) => WHOLE_TEXT.includes(part.get('type')));
  if (!divides || seesEnds || added.some(({ content, stripRight }) => stripRight || /\S \S/.test(content))) {
    return 'nowhere';
  }
  const [normalizer] = normalizers;
  const apart =
    normalizer?.get('type') === 'BertNormalizer' && normalizer.boolean('handle_chinese_chars', true);
  return apart ? 'at spaces and ideographs' : 'at spaces';
}
