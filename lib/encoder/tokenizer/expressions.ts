/** Regular expressions as tokenizer.json has them (Oniguruma's) in JavaScript's words. */

/** White space of Unicode, to stand in a class. To JavaScript's \s U+FEFF is some and U+0085 is none. */
export const SPACES = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** Characters of words, to stand in a class. */
export const WORD_CHARACTERS = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';

/** Oniguruma's words have no joiners, and of the numbers that are no digits those of Latin-1. */
const CLASSES: Readonly<Record<string, string>> = {
  s: SPACES,
  w: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xb2\\xb3\\xb9\\xbc-\\xbe',
  d: '\\p{Nd}',
};

const PARTS = /\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.|\[\^?|\]|\(\?i:|\(|\)|[a-zA-Z]|./gsu;

/** Of characters beyond ASCII, none is taken for another of the other case. */
function bothCases(letter: string): string {
  return letter.toLowerCase() + letter.toUpperCase();
}

/** \s, \w and \d by Unicode, and (?i:...) by classes of both cases. */
function translate(source: string): string {
  let inClass = false;
  // Of every group that is open whether case counts in it.
  const groups = [true];
  return source.replace(PARTS, (part) => {
    const kind = /^\\[swd]$/i.test(part) ? part[1]! : undefined;
    if (kind !== undefined) {
      const members = CLASSES[kind.toLowerCase()]!;
      if (inClass) return kind === kind.toLowerCase() ? members : part;
      return `[${kind === kind.toLowerCase() ? '' : '^'}${members}]`;
    }
    if (part.startsWith('[') && !inClass) inClass = true;
    else if (part === ']') inClass = false;
    else if (part === '(?i:') {
      groups.push(false);
      return '(?:';
    } else if (part === '(' && !inClass) groups.push(groups.at(-1)!);
    else if (part === ')' && !inClass) groups.pop();
    else if (/^[a-zA-Z]$/.test(part) && groups.at(-1) === false) {
      return inClass ? bothCases(part) : `[${bothCases(part)}]`;
    }
    return part;
  });
}

/** With the flag g; undefined where JavaScript does not know it. */
export function compile(source: string): RegExp | undefined {
  const translated = translate(source);
  // Without the flag u JavaScript takes escapes of characters that need none.
  for (const flags of ['gu', 'g']) {
    try {
      return new RegExp(translated, flags);
    } catch {}
  }
  return undefined;
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
