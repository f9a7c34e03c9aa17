/**
 * Where a long text may be cut so that every piece gives the ids that it gives as a part of the whole. A cut is only
 * made where nothing can reach across it: a tokenizer with a part that this file does not know is not cut at all, and
 * works through a long text in chunks (long_text.ts).
 *
 * Three things could reach across a space: a normalizer (a Replace of 'a b', a grapheme that becomes a space beside
 * it), a pre-tokenizer (a Split that looks around), and an added token that holds or strips white space.
 */
import type { JsonObject } from '../directory/json_file.js';
import type { AddedToken } from './added_tokens.js';
import { components } from './component.js';
import { SPACES } from './expressions.js';
import type { Cut } from './pieces.js';

const WHITE_SPACE = new RegExp(`[${SPACES}]`);
const CUT_IDEOGRAPH = /[\u4e00-\u9fff]/;
const PRINTABLE = /^[!-~]+$/;
const ASCII = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i));

/**
 * How words begin at a space: `dropped` is a pre-tokenizer whose words hold no white space, so that the number of
 * spaces does not matter; `kept` is one whose words may begin with a space, so that a space must stay a single one.
 */
type Divider = 'dropped' | 'kept';

/** Their words end wherever a character of a class begins or ends, so a space beside them stays one. */
const BY_CHARACTER: readonly unknown[] = ['CharDelimiterSplit', 'Digits', 'Punctuation'];
/** They change every character by itself, or together with marks, and leave spaces as they are. */
const LOCAL: readonly unknown[] = ['Lowercase', 'NFC', 'NFD', 'NFKC', 'NFKD'];
/** They also remove characters, which may bring two spaces together. */
const REMOVING: readonly unknown[] = ['BertNormalizer', 'StripAccents'];

/**
 * @param normalizers all parts, sequences too, in their order
 * @param normalize what normalized added tokens go through
 */
export function whereToCut(
  preTokenizer: JsonObject | undefined,
  normalizers: readonly JsonObject[],
  added: readonly AddedToken[],
  normalize: (text: string) => string,
): Cut {
  const divider = preTokenizer && dividerOf(preTokenizer);
  if (divider === undefined) return 'nowhere';
  const parts = normalizers.filter((part) => part.get('type') !== 'Sequence');
  const reach = parts.map((part) => reachOf(part, divider, normalize));
  if (reach.includes('any')) return 'nowhere';
  if (added.some((token) => reachesAcrossSpaces(token, normalize))) return 'nowhere';
  if (reach.includes('neighbours')) return 'at spaces between ASCII';
  const [normalizer] = parts;
  const apart =
    divider === 'dropped' &&
    parts.length === 1 &&
    normalizer?.get('type') === 'BertNormalizer' &&
    normalizer.boolean('handle_chinese_chars', true) &&
    !added.some(({ content }) => CUT_IDEOGRAPH.test(content));
  return apart ? 'at spaces and ideographs' : 'at spaces';
}

function dividerOf(from: JsonObject): Divider | undefined {
  switch (from.get('type')) {
    case 'BertPreTokenizer':
    case 'Whitespace':
    case 'WhitespaceSplit':
      return 'dropped';
    case 'ByteLevel':
      return from.boolean('use_regex', true) ? 'kept' : undefined;
    case 'Metaspace':
      return from.boolean('split', true) ? 'kept' : undefined;
    case 'Sequence': {
      // What comes behind a divider only sees words, none of which lies on both sides of a cut.
      const first = components(from, 'pretokenizers').find(
        (part) => !BY_CHARACTER.includes(part.get('type')),
      );
      return first && dividerOf(first);
    }
    default:
      return undefined;
  }
}

/** How far a normalizer looks from a single space, or from what lies beside it. */
type Reach = 'nothing' | 'neighbours' | 'any';

function reachOf(from: JsonObject, divider: Divider, normalize: (text: string) => string): Reach {
  const type = from.get('type');
  if (LOCAL.includes(type)) return 'nothing';
  if (REMOVING.includes(type)) return divider === 'dropped' ? 'nothing' : 'any';
  if (type === 'Precompiled') {
    // Graphemes of ASCII are characters. Rules for them are rare; all that is asked is that none makes or takes spaces.
    const kept = ASCII.every((character) => {
      const changed = normalize(`aa${character}aa`).slice(2, -2);
      return character === ' ' ? changed === ' ' : PRINTABLE.test(changed);
    });
    return kept ? 'neighbours' : 'any';
  }
  if (type === 'Replace') return replaceReach(from, divider);
  return 'any';
}

function replaceReach(from: JsonObject, divider: Divider): Reach {
  const { Regex: expression, String: literal } = (from.get('pattern') ?? {}) as Record<string, unknown>;
  const content = from.string('content');
  // Between characters of ASCII a single space is no match.
  if (expression === ' {2,}' && content === ' ') return 'neighbours';
  const local = typeof literal === 'string' && literal !== '' && !WHITE_SPACE.test(literal);
  return local && divider === 'dropped' && PRINTABLE.test(content) ? 'neighbours' : 'any';
}

function reachesAcrossSpaces(
  { content, normalized, stripRight }: AddedToken,
  normalize: (text: string) => string,
): boolean {
  const found = normalized ? normalize(content) : content;
  return stripRight || found === '' || WHITE_SPACE.test(content) || WHITE_SPACE.test(found);
}
