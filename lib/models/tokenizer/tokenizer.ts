/** Text to token ids, by what tokenizer.json says; the ids are those of the Rust library `tokenizers`. */
import { expectation, ModelError } from '../../errors.js';
import type { JsonObject } from '../directory/json_file.js';
import type { TokenizedText } from '../types.js';
import { type AddedToken, AddedTokenFinder, readAddedTokens } from './added_tokens.js';
import { checkNesting } from './component.js';
import { whereToCut } from './cutting.js';
import { IdBuffer } from './id_buffer.js';
import type { IdSink } from './integer_list.js';
import { LongText } from './long_text.js';
import { createModel } from './models.js';
import { inSequence, lowerCase, perCharacter } from './normalizer.js';
import { createNormalizer, normalizerParts } from './normalizers.js';
import type { TokenizerParts } from './parts.js';
import { type Cut, findCut, lastPieceBegin, pieceEnd } from './pieces.js';
import { createPreTokenizer } from './pre_tokenizers.js';
import { addText, type Target } from './short_text.js';
import { chunkEnd } from './stage.js';
import { COPIED, drain, WorkMeter } from './steps.js';
import { createTemplate, type Template } from './template.js';
import { ONE_WORD } from './word_sequence.js';

export interface TokenizerOptions {
  /** Tokens in all, special tokens included. */
  maxLength: number;
  lowerCase: boolean;
}

/** Ids that are too many are dropped by so many at a time. */
const KEPT = 4096;

interface Parts extends TokenizerParts {
  template: Template;
  added: readonly AddedToken[];
  /** Where a long text may be cut. */
  cut: Cut;
}

export class Tokenizer {
  readonly maxLength: number;
  private readonly names: ReadonlyMap<number, string>;

  private constructor(
    private readonly parts: Parts,
    file: JsonObject,
    { maxLength }: TokenizerOptions,
  ) {
    const { added, template } = parts;
    this.names = new Map(added.map(({ id, content }) => [id, content]));
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
    for (const key of ['normalizer', 'pre_tokenizer', 'post_processor']) checkNesting(file, key);
    const normalizer = file.optionalObject('normalizer');
    const preTokenizer = file.optionalObject('pre_tokenizer');
    const normalizers = normalizerParts(normalizer);
    const added = readAddedTokens(file);
    const lowers = normalizers.some(
      (part) =>
        part.get('type') === 'Lowercase' ||
        (part.get('type') === 'BertNormalizer' && part.boolean('lowercase', true)),
    );
    const made = normalizer ? [createNormalizer(normalizer)] : [];
    const normalize = inSequence(options.lowerCase && !lowers ? [perCharacter(lowerCase), ...made] : made);
    const meter = new WorkMeter();
    const applied = (text: string): string => normalize.apply(text, meter);
    const parts: Parts = {
      raw: new AddedTokenFinder(added.filter((token) => !token.normalized)),
      normalizer: normalize.stages.length > 0 ? normalize : undefined,
      normalized: new AddedTokenFinder(
        added.filter((token) => token.normalized),
        applied,
      ),
      preTokenizer: preTokenizer ? createPreTokenizer(preTokenizer) : ONE_WORD,
      model: createModel(model),
      template: createTemplate(file.optionalObject('post_processor')),
      added,
      cut: whereToCut(preTokenizer, normalizers, added, applied),
    };
    return new Tokenizer(parts, file, options);
  }

  /** Ids with special tokens, truncated to `maxLength`. Lone surrogates count as U+FFFD. */
  encode(text: string): number[] {
    return drain(this.steps(text));
  }

  /**
   * `encode` in steps of about a millisecond, between which other work may be done; more than some 100,000 ids make one
   * step longer, by 5 to 10 ms for each million.
   * @param meter counts the work, for tests
   */
  *steps(text: string, maxLength = this.maxLength, meter = new WorkMeter()): Generator<void, number[], void> {
    const ids: number[] = [];
    // Most texts are short.
    if (pieceEnd(text, this.parts.cut, 0) === text.length) {
      yield* this.stepsInto(text, ids, maxLength, meter);
      return ids;
    }
    const list = new IdBuffer(KEPT);
    yield* this.stepsInto(text, list, maxLength, meter);
    return yield* asArray(list.take(), meter);
  }

  /** `steps` whose ids are appended to `ids`, which is empty but for texts that were closed. */
  *stepsInto(
    text: string,
    ids: IdSink,
    maxLength = this.maxLength,
    meter = new WorkMeter(),
  ): Generator<void, void, void> {
    const { before, after } = this.parts.template;
    const full = maxLength - after.length;
    for (const id of before) ids.push(id);
    if (pieceEnd(text, this.parts.cut, 0) === text.length) {
      addText(this.parts, text.toWellFormed(), true, { ids, full }, meter);
    } else {
      yield* this.add(text, { ids, full }, meter);
    }
    if (ids.length > full) ids.length = full;
    for (const id of after) ids.push(id);
    meter.endStep();
  }

  /**
   * `steps` that keep the end of a text that is too long. Where the text may be cut, nothing else is looked at.
   */
  *lastSteps(
    text: string,
    maxLength = this.maxLength,
    meter = new WorkMeter(),
  ): Generator<void, TokenizedText, void> {
    const { before, after } = this.parts.template;
    const room = maxLength - before.length - after.length;
    // From the last piece to the first.
    const pieces: number[][] = [];
    let count = 0;
    let end = text.length;
    while (end > 0 && count <= room) {
      const begin = lastPieceBegin(text, this.parts.cut, end);
      if (begin === undefined) break;
      const ids: number[] = [];
      const target = { ids, full: Number.POSITIVE_INFINITY };
      addText(this.parts, text.slice(begin, end).toWellFormed(), begin === 0, target, meter);
      pieces.push(ids);
      count += ids.length;
      end = begin;
      if (meter.pauses) yield;
    }
    if (end > 0 && count <= room) {
      const ids = yield* this.addLast(text.slice(0, end), room + 1 - count, meter);
      pieces.push(ids);
      count += ids.length;
    }
    const ids = pieces.reverse().flat();
    meter.endStep();
    return { ids: [...before, ...ids.slice(Math.max(0, count - room)), ...after], truncated: count > room };
  }

  /** The last ids of a text, as many as `most`. */
  private *addLast(text: string, most: number, meter: WorkMeter): Generator<void, number[], void> {
    const ids: number[] = [];
    const steps = this.add(text, { ids, full: Number.POSITIVE_INFINITY }, meter);
    for (let step = steps.next(); !step.done; step = steps.next()) {
      if (ids.length > 2 * most + KEPT) ids.splice(0, ids.length - most);
      yield;
    }
    return ids.slice(-most);
  }

  /** Appends the ids of the text to the target's. */
  private *add(text: string, target: Target, meter: WorkMeter): Generator<void, void, void> {
    const { ids, full } = target;
    // A tokenizer that worked through a whole text before it is truncated would take long for what is thrown away.
    for (let begin = 0; begin < text.length && ids.length < full; ) {
      const end = pieceEnd(text, this.parts.cut, begin);
      if (end === undefined) begin = yield* this.addLong(text, begin, target, meter);
      else {
        addText(this.parts, text.slice(begin, end).toWellFormed(), begin === 0, target, meter);
        begin = end;
        if (meter.pauses) yield;
      }
    }
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

  /** @returns where the text was cut, or its end */
  private *addLong(
    text: string,
    begin: number,
    target: Target,
    meter: WorkMeter,
  ): Generator<void, number, void> {
    const { ids, full } = target;
    const { cut } = this.parts;
    const long = new LongText(this.parts, begin === 0, target, meter);
    let at = begin;
    let found: number | undefined;
    while (at < text.length && found === undefined && ids.length < full) {
      const end = chunkEnd(text, at);
      found = findCut(text, cut, at, end);
      const chunk = text.slice(at, found ?? end);
      meter.add(2 * chunk.length);
      yield* long.push(chunk.toWellFormed());
      at = found ?? end;
      if (meter.pauses) yield;
    }
    if (ids.length < full) yield* long.end();
    return at;
  }
}

/**
 * The ids as an array. Its memory is asked for once, as an array that grows is copied again and again; for a million of
 * ids that takes some milliseconds of one step.
 */
function* asArray(ids: Int32Array, meter: WorkMeter): Generator<void, number[], void> {
  const out = new Array<number>(ids.length);
  meter.add(out.length / COPIED);
  for (let i = 0; i < ids.length; i++) {
    out[i] = ids[i]!;
    meter.add(1 / COPIED);
    if (meter.pauses) yield;
  }
  meter.endStep();
  return out;
}
