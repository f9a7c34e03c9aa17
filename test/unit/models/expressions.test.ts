/** Regular expressions of tokenizer.json: matches as Oniguruma finds them, in work that is linear whatever they are. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Expression, type Part } from '../../../lib/models/tokenizer/regex/expression.js';
import { ExpressionError } from '../../../lib/models/tokenizer/regex/tree.js';
import { STEP_WORK, WorkMeter } from '../../../lib/models/tokenizer/steps.js';
import { readGolden } from '../../support/golden.js';

interface Golden {
  texts: { text: string }[];
  /** Of every text the lengths of the pieces, with the matches and without. */
  cases: { name: string; expression: string; isolated: number[][]; removed: number[][] }[];
}

const golden = readGolden<Golden>('expressions.json');
const texts = golden.texts.map(({ text }) => text);

const lengths = (parts: readonly Part[]): number[] =>
  parts.map(({ text }) => text.length).filter((n) => n > 0);

/** The parts of a text that comes in chunks; `meter` counts every call as a step. */
function inChunks(expression: Expression, text: string, size: number, meter = new WorkMeter()): Part[] {
  const parts: Part[] = [];
  const matcher = expression.matcher((part, match, begins) => {
    if (begins) parts.push({ text: part, match });
    else parts.at(-1)!.text += part;
  }, meter);
  for (let at = 0; at < text.length; ) {
    const inPair = text.codePointAt(at + size - 1)! > 0xffff;
    matcher.push(text.slice(at, at + size + Number(inPair)));
    at += size + Number(inPair);
    meter.endStep();
  }
  while (matcher.end()) meter.endStep();
  meter.endStep();
  return parts;
}

describe.each(golden.cases.map((c) => [c.name, c] as const))('%j', (_, c) => {
  const expression = new Expression(c.expression);

  it('has the matches of the reference', () => {
    const found = texts.map((text) => ({ text, parts: expression.parts(text) }));
    expect(found.map(({ text, parts }) => ({ text, lengths: lengths(parts) }))).toEqual(
      texts.map((text, i) => ({ text, lengths: c.isolated[i] })),
    );
    expect(found.map(({ parts }) => lengths(parts.filter(({ match }) => !match)))).toEqual(c.removed);
  });

  it('has the same in chunks', () => {
    for (const text of texts) {
      for (const size of [1, 3]) expect(inChunks(expression, text, size)).toEqual(expression.parts(text));
    }
    // Longer than what is looked at together.
    const long = texts.join('').repeat(30);
    expect(inChunks(expression, long, 700)).toEqual(expression.parts(long));
    expect(
      expression
        .parts(long)
        .map(({ text }) => text)
        .join(''),
    ).toBe(long);
  });
});

describe('the work of an expression', () => {
  /** Units for each character of the second half of a text, and the largest step. */
  function work(source: string, unit: string, end = ''): { each: number; step: number } {
    const expression = new Expression(source);
    const totals = [20_000, 40_000].map((length) => {
      const meter = new WorkMeter();
      const text = unit.repeat(length / unit.length) + end;
      inChunks(expression, text, 1024, meter);
      return { total: meter.total, step: meter.largest };
    });
    return { each: (totals[1]!.total - totals[0]!.total) / 20_000, step: totals[1]!.step };
  }

  it.each([
    ['(a+)+$', 'a', 'b'],
    ['(a|a)*b', 'a', ''],
    ['(\\w+\\s?)*$', 'a', '!'],
    ['a*a*a*a*a*b', 'a', ''],
    ['(x+x+)+y', 'x', ''],
    ['a.*b|a', 'a', ''],
    ['\\s+$', ' ', 'x'],
    ['\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+', ' ', 'x'],
    ['(?=(\\d{3})+(?!\\d))', '1', ''],
    ['(?<=\\d)(?=(?:\\d{3})+(?!\\d))', '1', 'x'],
    ['(?<=a.*)b|(?!.*c)a', 'a', ''],
    ['(?=.*(?!.*b))a', 'a', ''],
    ['\\b(?=(\\w+ )*!)', 'a ', ''],
  ])('%j on %j, %j is linear and in steps', (source, unit, end) => {
    const { each, step } = work(source, unit, end);
    expect(each).toBeLessThan(10);
    expect(step).toBeLessThan(2 * STEP_WORK);
  });

  it('is linear for any expression of a model on any run', () => {
    const sources = golden.cases.map(({ expression }) => expression);
    const character = fc.constantFrom(
      ..."aAb1. \n\r_'-",
      '\u0301',
      '\u6f22',
      '\u{1f467}',
      '\u200d',
      '\u00a0',
    );
    const unit = fc.array(character, { minLength: 1, maxLength: 4 }).map((all) => all.join(''));
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        unit,
        fc.constantFrom('', 'a', ' ', '.'),
        (source, one, end) => {
          const { each, step } = work(source, one, end);
          expect(each).toBeLessThan(12);
          expect(step).toBeLessThan(3 * STEP_WORK);
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  }, 60_000);

  it.each([
    [1, 20],
    [8, 20],
    [1, 240],
    [1, 3],
  ])(
    'with %i lookbehinds of %i characters, of which every text is a state of its own, is counted',
    (n, length) => {
      const source = `${Array.from({ length: n }, (_, i) => `(?<!a[ab]{${length + i}})`).join('')}b`;
      const expression = new Expression(source);
      let seed = 1;
      const text = Array.from({ length: 12_000 }, () => {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        return seed & 0x10000 ? 'a' : 'b';
      }).join('');
      const meter = new WorkMeter();
      const parts = inChunks(expression, text, 1024, meter);
      // No work that grows with the expression is left out, and none is more than that of its instructions.
      if (length > 3) expect(meter.total / text.length).toBeGreaterThan((n * length) / 4);
      expect(meter.total / text.length).toBeLessThan(4 * n * (length + n) + 50);
      expect(meter.largest).toBeLessThan(3 * STEP_WORK);
      const backtracking = [...text.matchAll(new RegExp(source, 'g'))].map(({ index }) => index);
      let at = 0;
      const found = parts.flatMap(({ text: part, match }) => {
        at += part.length;
        return match ? [at - part.length] : [];
      });
      expect(found).toEqual(backtracking);
    },
  );

  it('stops with the last match that is asked for', () => {
    const meter = new WorkMeter();
    const expression = new Expression('\\p{N}{1,3}');
    let matches = 0;
    const matcher = expression.matcher(() => matches++, meter);
    for (let i = 0; matches < 100; i++) {
      matcher.push('1'.repeat(1024));
      expect(i).toBeLessThan(5);
    }
    expect(meter.current).toBeLessThan(5 * 1024 * 10);
  });

  it('remembers no more than some thousand states', () => {
    // Of the last 12 characters every combination is a state of its own.
    const expression = new Expression('(?:a|b){12}a(?=x)|b(?!(?:a|b){13}a)');
    let seed = 1;
    const text = Array.from({ length: 20_000 }, () => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed & 0x10000 ? 'a' : 'b';
    }).join('');
    const expected = [...text.matchAll(/(?:a|b){12}a(?=x)|b(?!(?:a|b){13}a)/g)].map(({ index }) => index);
    let at = 0;
    const found: number[] = [];
    for (const { text: part, match } of expression.parts(text)) {
      if (match) found.push(at);
      at += part.length;
    }
    expect(found).toEqual(expected);
  });
});

describe('an expression is refused', () => {
  it.each([
    ['(', /group that does not end/],
    ['a)', /closes a group/],
    ['[a', /class that does not end/],
    ['[]', /empty class|does not end/],
    ['[b-a]', /range/],
    ['[a-\\d]', /range/],
    ['*a', /nothing/],
    ['a|+', /nothing/],
    ['{2}', /nothing/],
    ['a\\', /backslash/],
    ['\\p{Nonsense}', /property/],
    ['[[:nonsense:]]', /class/],
    ['\\x{110000}', /beyond/],
    ['a{1,99999999}', /times/],
    ['a{3,2}', /repeats/],
    ['(a)\\1', /\\1/],
    ['(?<n>a)\\k<n>', /\\k/],
    ['\\Ga', /\\G/],
    ['a\\Kb', /\\K/],
    ['\\X', /\\X/],
    ['(?>ab|a)b', /atomic/],
    ['(?:ab)++', /atomic/],
    ['(?~a)', /group/],
    ['(?<=a(?=b))c', /lookahead in a lookbehind/],
    ['(?:a{300}){300}', /large/],
    ['a{99999}', /large/],
    ['(?:(?:(?:){99999}){99999}){99999}b', undefined],
    ['('.repeat(101) + ')'.repeat(101), /deep/],
    ['('.repeat(30_000), /deep/],
    ['['.repeat(30_000), /deep/],
    ['[a-'.repeat(20_000), /deep|range/],
    ['(?i)'.repeat(10_000), /deep/],
    ['a|'.repeat(40_000), /longer/],
    ['a|'.repeat(20_000), /large/],
    ['x'.repeat(1_000_000), /longer/],
    [[...'abcdefghi'].map((c) => `(?<=${c})`).join(''), /lookbehinds/],
    ['(?<=a{300})b', /lookbehinds are as large/],
    [[...'abcd'].map((c) => `(?<!${c}[ab]{80})`).join(''), /lookbehinds are as large/],
  ])('number %#', (source, reason) => {
    let error: unknown;
    try {
      new Expression(source);
    } catch (thrown) {
      error = thrown;
    }
    if (reason === undefined) expect(error).toBeUndefined();
    else {
      expect(error).toBeInstanceOf(ExpressionError);
      expect((error as Error).message).toMatch(reason);
    }
  });

  it('or read, whatever it is', () => {
    const bits = [
      ...'()[]{}|*+?^$\\.-&:!=<>,#ab12 iPpx',
      '(?',
      '[:',
      '\\p{',
      '(?<=',
      '{1,',
      '\u{1f467}',
      '\ud800',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 12 }), (parts) => {
        const source = parts.join('');
        let expression: Expression;
        try {
          expression = new Expression(source);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
          return;
        }
        const text = 'ab1 {}[]\u{1f467}\n'.repeat(3);
        const found = expression.parts(text);
        expect(found.map((part) => part.text).join('')).toBe(text);
      }),
      { seed: 2, numRuns: 3000 },
    );
  });
});
