/** Named classes of characters, with the meaning that Oniguruma gives to them. */
import { SPACES } from '../expressions.js';
import { type CodePoints, charactersOf, complement, intersection, NONE, union } from './code_points.js';

/** Oniguruma's words have no joiners. */
const WORD_IN_CLASS = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]';
/** Outside of classes they have those numbers of Latin-1 that are no digits, too. */
const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xb2\\xb3\\xb9\\xbc-\\xbe]';

/** Names that Oniguruma reads in [:...:] and in \p{...}. */
const POSIX: Readonly<Record<string, string>> = {
  alnum: '[\\p{Alphabetic}\\p{Nd}]',
  alpha: '\\p{Alphabetic}',
  ascii: '[\\0-\\x7f]',
  blank: '[\\p{Zs}\\t]',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  graph: `[^\\p{Cc}\\p{Cn}\\p{Cs}${SPACES}]`,
  lower: '\\p{Lowercase}',
  print: '[^\\p{Cc}\\p{Cn}\\p{Cs}\\u2028\\u2029]',
  punct: '\\p{P}',
  space: `[${SPACES}]`,
  upper: '\\p{Uppercase}',
  word: WORD,
  xdigit: '[0-9A-Fa-f]',
};

/** Those general categories whose names JavaScript has, by names in lower case without separators. */
const CATEGORIES =
  'C:Other Cc:Control Cf:Format Cn:Unassigned Co:PrivateUse Cs:Surrogate L:Letter LC:CasedLetter ' +
  'Ll:LowercaseLetter Lm:ModifierLetter Lo:OtherLetter Lt:TitlecaseLetter Lu:UppercaseLetter M:Mark ' +
  'M:CombiningMark Mc:SpacingMark Me:EnclosingMark Mn:NonspacingMark N:Number Nd:DecimalNumber ' +
  'Nl:LetterNumber No:OtherNumber P:Punctuation Pc:ConnectorPunctuation Pd:DashPunctuation ' +
  'Pe:ClosePunctuation Pf:FinalPunctuation Pi:InitialPunctuation Po:OtherPunctuation Ps:OpenPunctuation ' +
  'S:Symbol Sc:CurrencySymbol Sk:ModifierSymbol Sm:MathSymbol So:OtherSymbol Z:Separator ' +
  'Zl:LineSeparator Zp:ParagraphSeparator Zs:SpaceSeparator';

const plain = (name: string): string => name.toLowerCase().replace(/[ _-]/g, '');

const CATEGORY_NAMES = new Map(
  CATEGORIES.split(' ').flatMap((both) => {
    const [short, long] = both.split(':') as [string, string];
    return [
      [plain(short), `\\p{${short}}`],
      [plain(long), `\\p{${short}}`],
    ] as const;
  }),
);

const known = new Map<string, CodePoints>();

function characters(source: string): CodePoints {
  let set = known.get(source);
  if (set === undefined) {
    set = charactersOf(source);
    known.set(source, set);
  }
  return set;
}

/** The set of [:name:]; undefined where the name is none of ours. */
export function posixClass(name: string): CodePoints | undefined {
  if (name === 'punct') return characters('[\\p{P}\\p{S}]');
  if (name === 'word') return characters(WORD_IN_CLASS);
  return Object.hasOwn(POSIX, name) ? characters(POSIX[name]!) : undefined;
}

/** The set of \\p{name}; undefined where the name is none of ours. */
export function property(name: string): CodePoints | undefined {
  const key = plain(name);
  if (key === 'any') return complement(NONE);
  const source = Object.hasOwn(POSIX, key) ? POSIX[key] : CATEGORY_NAMES.get(key);
  if (source !== undefined) return characters(source);
  // Scripts and properties of yes and no are written with capitals and underscores there.
  const words = name.toLowerCase().split(/[ _-]/);
  const capitals = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('_');
  for (const inner of [`Script=${capitals}`, capitals, name]) {
    if (!/^[A-Za-z_=]+$/.test(inner)) continue;
    try {
      return characters(`\\p{${inner}}`);
    } catch {}
  }
  return undefined;
}

export const spaces = (): CodePoints => characters(POSIX.space!);
export const wordCharacters = (): CodePoints => characters(WORD);
export const wordCharactersInClass = (): CodePoints => characters(WORD_IN_CLASS);
export const digits = (): CodePoints => characters('\\p{Nd}');
export const hexDigits = (): CodePoints => characters(POSIX.xdigit!);

const folds = new Map<number, readonly number[]>();

/** Letters that JavaScript's flag i takes for one another, of every code point that has any. */
function caseFolds(): ReadonlyMap<number, readonly number[]> {
  if (folds.size > 0) return folds;
  const groups = new Map<string, number[]>();
  const cased = characters('[\\p{Changes_When_Casefolded}\\p{Changes_When_Casemapped}]');
  for (let i = 0; i < cased.length; i += 2) {
    for (let point = cased[i]!; point <= cased[i + 1]!; point++) {
      const letter = String.fromCodePoint(point);
      const key = foldKey(letter);
      const group = groups.get(key);
      if (group) group.push(point);
      else groups.set(key, [point]);
    }
  }
  for (const group of groups.values()) for (const point of group) folds.set(point, group);
  return folds;
}

/** Equal for letters of one simple case folding: a mapping to more than one character does not count. */
function foldKey(letter: string): string {
  if (letter === 'ı') return letter;
  const upper = letter.toUpperCase();
  const single = [...upper].length === 1 ? upper : letter;
  const lower = single.toLowerCase();
  return [...lower].length === 1 ? lower : single;
}

/** The set with all letters of either case. */
export function bothCases(set: CodePoints): CodePoints {
  const letters: CodePoints = [...caseFolds().keys()].sort((a, b) => a - b).flatMap((p) => [p, p]);
  const cased = intersection(set, union([letters]));
  const out: CodePoints[] = [set];
  for (let i = 0; i < cased.length; i += 2) {
    for (let point = cased[i]!; point <= cased[i + 1]!; point++) {
      for (const other of caseFolds().get(point) ?? []) out.push([other, other]);
    }
  }
  return union(out);
}
