/** Tokenizers of the goldens, as they are or mutated, on texts of repeated and random units. */
import { JsonObject } from '../../../lib/models/directory/json_file.js';
import { tokenizeSlice } from '../../../lib/models/feed/slice.js';
import { drain, WorkMeter } from '../../../lib/models/tokenizer/steps.js';
import { Tokenizer } from '../../../lib/models/tokenizer/tokenizer.js';
import { readRuns, tokenizerValues, type Values } from '../../support/golden_tokenizers.js';
import { largestStep, mostWork } from '../../support/tokenizer_work.js';
import { applyJson, type JsonMutation, mutateJson } from '../json_mutation.js';
import type { Random } from '../random.js';
import { ReferenceTokenizers } from '../reference_tokenizers.js';
import { expectThat, type Target } from '../target.js';

interface Input {
  tokenizer: string;
  mutations: JsonMutation[];
  /** Regular expressions in place of the pre-tokenizer, with a behavior. */
  expression?: [source: string, behavior: string];
  /** The text: units, each as often as the number says. */
  units: [unit: string, count: number][];
  maxLength: number;
}

const { cases, units: runs } = readRuns();
const UNITS = [...new Set(runs.flatMap(({ before, unit, after }) => [before, unit, after]))].filter(Boolean);
const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];
const BITS = [
  ...'ab1 .|',
  ...[
    '\\s',
    '\\S',
    '\\p{L}',
    '\\p{N}',
    '\\w',
    '[^\\s\\p{L}]',
    '(?=',
    '(?!',
    '(?:',
    '(?<=a)',
    '(?<!\\s)',
    ')',
    ')',
  ],
  ...['*', '+', '?', '{1,3}', '+?', '^', '$', '\\b', '[\\r\\n]', '(?i:', '\\p{Lu}', '&&'],
];

/** Code units; now and then much more. */
function lengthOf(random: Random): number {
  const kind = random.next();
  if (kind < 0.5) return random.integer(1, 60);
  if (kind < 0.9) return random.integer(60, 6000);
  return random.integer(6000, kind < 0.995 ? 40_000 : 400_000);
}

function randomUnits(random: Random): [string, number][] {
  const total = lengthOf(random);
  const list: [string, number][] = [];
  const simple = random.chance(0.5);
  for (let length = 0; length < total; ) {
    const points = random.list(random.integer(1, 3), () => randomCharacter(random));
    const unit = random.chance(0.8) ? random.pick(UNITS) : points.join('');
    const most = simple || random.chance(0.1) ? total : 5;
    const count = Math.max(1, Math.min(random.integer(1, most), Math.ceil((total - length) / unit.length)));
    list.push([unit, count]);
    length += unit.length * count;
    if (list.length >= 200) break;
  }
  return list;
}

function randomCharacter(random: Random): string {
  const most = random.pick([0x7f, 0x24f, 0x36f, 0x20ff, 0xffff, 0x1ffff, 0x10ffff]);
  return String.fromCodePoint(random.integer(0, most));
}

let reference: ReferenceTokenizers | undefined;

/** The text of tokenizer.json; undefined where a mutation leaves no JSON object. */
/** Characters of a raw value that only a deeply nested one has. */
const DEEP = 10_000;

function textOfTokenizer({ tokenizer, mutations, expression }: Input): string | undefined {
  const values = tokenizerValues(tokenizer);
  if (expression) {
    const [Regex, behavior] = expression;
    values.pre_tokenizer = { type: 'Split', pattern: { Regex }, behavior, invert: false };
  }
  let text = JSON.stringify(values);
  // After a deeply nested value no other mutation could be made, not even another one of its kind.
  let deep = false;
  for (const mutation of mutations.toSorted((a, b) => a.raw.length - b.raw.length)) {
    if (deep) break;
    deep = mutation.raw.length > DEEP;
    text = applyJson(text, mutation);
    try {
      JSON.parse(text);
    } catch {
      return undefined;
    }
  }
  return text;
}

export const tokenizersTarget: Target<Input> = {
  name: 'tokenizers',

  async prepare() {
    reference = ReferenceTokenizers.fromEnvironment();
  },

  generate(random) {
    const tokenizer = random.pick(cases).name;
    const kind = random.next();
    // The vocabulary is large and rarely what matters.
    const { model, ...rest } = tokenizerValues(tokenizer);
    const { vocab: _, merges: __, ...settings } = model as Values;
    const mutated = kind < 0.4 ? random.integer(1, 3) : 0;
    const mutations = random.list(mutated, () => mutateJson(random, { ...rest, model: settings }));
    const bits = random.list(random.integer(1, 10), () => random.pick(BITS)).join('');
    return {
      tokenizer,
      mutations,
      ...(kind > 0.8 && { expression: [bits, random.pick(BEHAVIORS)] as [string, string] }),
      units: randomUnits(random),
      maxLength: random.pick([3, 8, 64, 512, 100_000_000]),
    };
  },

  async run(input) {
    const file = textOfTokenizer(input);
    if (file === undefined) return;
    const values = JSON.parse(file) as unknown;
    if (typeof values !== 'object' || values === null || Array.isArray(values)) return;
    const text = input.units.map(([unit, count]) => unit.repeat(count)).join('');
    const source = new JsonObject('tokenizer.json', values as Values);
    const create = (maxLength: number): Tokenizer =>
      Tokenizer.create(source, { maxLength, lowerCase: false });
    const tokenizer = create(100_000_000);
    const meter = new WorkMeter();
    const ids = drain(tokenizer.steps(text, tokenizer.maxLength, meter));
    expectThat(meter.total <= mostWork(text), `${meter.total} units of work for ${text.length} characters`);
    expectThat(meter.largest <= largestStep(text), `a step of ${meter.largest} units of work`);

    const slice = drain(tokenizeSlice(tokenizer, '', [text, text.slice(0, 50)]));
    expectThat(String(slice.ids.subarray(0, slice.offsets[1])) === String(ids), 'a slice has other ids');

    const { before, after } = tokenizer.template;
    const inner = ids.slice(before.length, ids.length - after.length);
    const room = input.maxLength - before.length - after.length;
    if (room > 0) {
      const cut = [...before, ...inner.slice(0, room), ...after];
      expectThat(String(create(input.maxLength).encode(text)) === String(cut), 'truncation gives other ids');
    }
    const expected = await reference?.ids(file, text.toWellFormed());
    if (expected)
      expectThat(String(expected) === String(ids), `the reference gives ${expected.slice(0, 50)}`);
  },

  async close() {
    reference?.close();
  },
};
