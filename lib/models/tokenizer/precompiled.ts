/**
 * sentencepiece's precompiled rules of normalization: a double-array trie (Aoe 1989, as Darts stores it) from UTF-8
 * bytes to where in a block of texts, each ended by a zero byte, the replacement begins.
 */
import type { JsonObject } from '../directory/json_file.js';
import { GraphemeReader } from './graphemes.js';
import { inSequence, type Normalizer } from './normalizer.js';
import { type TextStage, throughStage } from './stage.js';
import type { WorkMeter } from './steps.js';

/** Characters that may form one grapheme with those beside them. */
const JOINING =
  /[\p{M}\p{Grapheme_Extend}\p{Cf}\p{Regional_Indicator}\p{Emoji_Modifier}\r\u0d4e\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\u{111c2}\u{111c3}\u{1193f}\u{11941}\u{11a3a}\u{11a84}-\u{11a89}\u{11d46}\u{11f02}]/u;
/** Longer graphemes, in bytes, are looked up character by character only. */
const SHORT = 6;

/** Lookups that are remembered. */
const MOST_KNOWN = 65_536;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class Charsmap {
  /** What was looked up before; replacements of whole graphemes and of characters. */
  private readonly known = new Map<string, string | undefined>();

  constructor(
    private readonly units: Uint32Array,
    private readonly texts: Uint8Array,
  ) {}

  /** The replacement of the shortest rule that `piece` begins with: as the reference has it, not the longest. */
  find(piece: string): string | undefined {
    if (this.known.has(piece)) return this.known.get(piece);
    const found = this.search(piece);
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    this.known.set(piece, found);
    return found;
  }

  private search(piece: string): string | undefined {
    const { units, texts } = this;
    let at = offset(units[0] ?? 0);
    for (const byte of encoder.encode(piece)) {
      if (byte === 0) return undefined;
      at ^= byte;
      const unit = units[at] ?? 0;
      // The highest bit marks a value: it is no label.
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      at ^= offset(unit);
      if ((unit >>> 8) & 1) {
        const begin = (units[at] ?? 0) & 0x7fffffff;
        const end = texts.indexOf(0, begin);
        return decoder.decode(texts.subarray(begin, end < 0 ? texts.length : end));
      }
    }
    return undefined;
  }
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
}

function readCharsmap(from: JsonObject): Charsmap | undefined {
  const bytes = Buffer.from(from.string('precompiled_charsmap', ''), 'base64');
  if (bytes.length === 0) return undefined;
  const size = bytes.length < 4 ? -1 : bytes.readUInt32LE(0);
  if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length) {
    from.fail('precompiled_charsmap', 'a trie and its texts in base64');
  }
  const units = new Uint32Array(size / 4);
  for (let i = 0; i < units.length; i++) units[i] = bytes.readUInt32LE(4 + 4 * i);
  return new Charsmap(units, bytes.subarray(4 + size));
}

export function precompiled(from: JsonObject): Normalizer {
  const map = readCharsmap(from);
  if (map === undefined) return inSequence([]);
  const characters = (text: string): string => {
    let out = '';
    for (const character of text) out += map.find(character) ?? character;
    return out;
  };
  const grapheme = (text: string): string => {
    // Most are single characters; of the longer ones few are short enough to be looked up.
    const whole = text.length < SHORT && encoder.encode(text).length < SHORT ? map.find(text) : undefined;
    return whole ?? characters(text);
  };
  const makeStage = (meter: WorkMeter): TextStage => {
    const graphemes = new GraphemeReader(meter);
    let made = '';
    const onGrapheme = (text: string, whole: boolean): void => {
      made += whole ? grapheme(text) : characters(text);
    };
    const finish = (out: string[]): void => {
      if (made !== '') out.push(made);
      made = '';
    };
    return {
      push(text, out) {
        graphemes.push(text, onGrapheme);
        finish(out);
        return false;
      },
      end(out) {
        graphemes.end(onGrapheme);
        finish(out);
        return false;
      },
    };
  };
  return {
    apply(text, meter) {
      // Without characters that join others, every character is a grapheme.
      if (!JOINING.test(text)) return characters(text);
      return throughStage(makeStage(meter), text);
    },
    stages: [makeStage],
  };
}
