/** Tokenizing is linear in the text and lets go of the thread, whatever the text holds: the work is counted. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drain, WorkMeter } from '../../../lib/models/tokenizer/steps.js';
import type { Tokenizer } from '../../../lib/models/tokenizer/tokenizer.js';
import {
  createTokenizer,
  type Run,
  readRuns,
  textOf,
  tokenizerValues,
} from '../../support/golden_tokenizers.js';
import { largestStep, mostWork } from '../../support/tokenizer_work.js';

const { cases, units } = readRuns();
const names = cases.map(({ name }) => name);

interface Work {
  ids: number[];
  total: number;
  largest: number;
}

function tokenize(tokenizer: Tokenizer, text: string, maxLength = tokenizer.maxLength): Work {
  const meter = new WorkMeter();
  const ids = drain(tokenizer.steps(text, maxLength, meter));
  return { ids, total: meter.total, largest: meter.largest };
}

const made = new Map<string, Tokenizer>();
function tokenizerOf(name: string): Tokenizer {
  let tokenizer = made.get(name);
  if (tokenizer === undefined) {
    tokenizer = createTokenizer(tokenizerValues(name));
    made.set(name, tokenizer);
  }
  return tokenizer;
}

const SIZE = Number(process.env.TOKENIZER_WORK_LENGTH ?? 5_000);

/** Units of work for each character that a text of twice the length has more. */
function growth(tokenizer: Tokenizer, run: Run, length: number): number {
  const [one, two] = [length, 2 * length].map((n) => textOf(run, Math.ceil(n / run.unit.length))) as [
    string,
    string,
  ];
  return (tokenize(tokenizer, two).total - tokenize(tokenizer, one).total) / (two.length - one.length);
}

const anyRun: fc.Arbitrary<Run> = fc
  .tuple(
    fc.constantFrom('', 'a', 'e', 'x', '<mask>', ' ', '\u0301'),
    fc.array(
      fc.oneof(
        fc.constantFrom(...units.map(({ unit }) => unit)),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    fc.constantFrom('', 'a', 'x<mask>', '<mask>', '.', ' ', '\u0316'),
  )
  .map(([before, parts, after]) => ({ name: '', before, unit: parts.join(''), after, counts: [1, 1] }));

describe('the work of tokenizing', () => {
  it('is linear and comes in short steps, for drawn tokenizers, units and lengths', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        anyRun,
        fc.integer({ min: 1, max: SIZE }),
        (name, run, length) => {
          const text = textOf(run, Math.ceil(length / run.unit.length));
          const { total, largest } = tokenize(tokenizerOf(name), text);
          expect(total).toBeLessThan(mostWork(text));
          expect(largest).toBeLessThan(largestStep(text));
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  }, 120_000);

  it('comes in short steps where a run of marks is long', () => {
    const mark = fc.constantFrom('\u0301', '\u0316', '\u0345', '\u0f73', '\u3099', '\u0334');
    fc.assert(
      fc.property(
        fc.constantFrom('modernbert', 'bert_prefixed', 'bpe_metaspace_always', 'albert'),
        fc.constantFrom('', 'x', 'e', '\uac00'),
        fc.array(mark, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', 'y', '\u1161', '\u11a8', ' y'),
        fc.constantFrom(64, 1e8),
        (name, before, marks, after, maxLength) => {
          const text = before + marks.join('').repeat(60_000 / marks.length) + after;
          const { total, largest } = tokenize(tokenizerOf(name), text, maxLength);
          expect(total).toBeLessThan(mostWork(text));
          expect(largest).toBeLessThan(largestStep(text));
        },
      ),
      { seed: 6, numRuns: 20 },
    );
  }, 120_000);

  it('does not grow faster than the text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), anyRun, (name, run) => {
        const tokenizer = tokenizerOf(name);
        const [early, late] = [growth(tokenizer, run, SIZE), growth(tokenizer, run, 4 * SIZE)];
        expect(late).toBeLessThan(1.5 * early + 2);
      }),
      { seed: 4, numRuns: 30 },
    );
  }, 120_000);

  it('holds for 100,000 characters of those runs that were slow', () => {
    const slow: [string[], string[]][] = [
      [
        ['bert_prefixed', 'camembert'],
        ['marks in turn', 'marks in turn after a letter'],
      ],
      [
        ['roberta', 'mpnet', 'modernbert'],
        ['spaces before a mask', 'letter', 'underscore', 'ideographic space'],
      ],
      [['bpe_delimiter'], ['spaces inside']],
      [['xlm_roberta'], ['Deseret', 'family']],
      [['bpe_expression'], ['space', 'marks in turn']],
    ];
    for (const [tokenizers, runs] of slow) {
      for (const name of tokenizers) {
        for (const run of units.filter((one) => runs.includes(one.name))) {
          const text = textOf(run, Math.ceil(100_000 / run.unit.length));
          const { total, largest } = tokenize(tokenizerOf(name), text);
          expect({ name, run: run.name, enough: total > mostWork(text) }).toEqual({
            name,
            run: run.name,
            enough: false,
          });
          expect(largest).toBeLessThan(largestStep(text));
        }
      }
    }
  }, 120_000);

  it('stops early where the text is truncated at the right, and keeps the first ids', () => {
    const side = fc.constantFrom('right', 'left');
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        anyRun,
        fc.integer({ min: 8, max: 600 }),
        side,
        (name, run, most, cut) => {
          const tokenizer = tokenizerOf(name);
          const { before, after } = tokenizer.template;
          const text = textOf(run, Math.ceil((2 * SIZE) / run.unit.length));
          const whole = tokenize(tokenizer, text);
          const inner = whole.ids.slice(before.length, whole.ids.length - after.length);
          const room = most - before.length - after.length;
          if (cut === 'left') {
            // What is left of the end depends on all before it: the work is that of the whole text, and bounded.
            expect(whole.total).toBeLessThan(mostWork(text));
            return;
          }
          const short = tokenize(tokenizer, text, most);
          expect(short.ids).toEqual([...before, ...inner.slice(0, room), ...after]);
          expect(short.total).toBeLessThan(mostWork(text));
        },
      ),
      { seed: 5, numRuns: 60 },
    );
  }, 120_000);

  it('does not depend on the length where a few ids are enough', () => {
    for (const name of ['bert_prefixed', 'roberta', 'modernbert', 'xlm_roberta', 'bpe_expression']) {
      for (const unit of ['hello, ', 'the cat ']) {
        const [short, long] = [1, 10].map((times) => unit.repeat((times * 2 * SIZE) / 2));
        const totals = [short!, long!].map((text) => tokenize(tokenizerOf(name), text, 64).total);
        expect(Math.abs(totals[1]! - totals[0]!)).toBeLessThan(1024);
      }
    }
  });
});
