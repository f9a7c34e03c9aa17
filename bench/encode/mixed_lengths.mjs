/**
 * Texts of mixed lengths beside as many that all have their mean length. In GFLOP/s: a rate in tokens would flatter the
 * shorter ones, since attention grows with the square of a length.
 */
import { flopsOf } from '../lib/model_work.mjs';
import { number } from '../lib/report.mjs';
import { summarize } from '../lib/statistics.mjs';
import { tokenizerOf } from '../lib/token_sequences.mjs';
import { uniformTexts } from '../lib/uniform_texts.mjs';
import { encodeAll, loadEncoder } from './encoder.mjs';

export async function mixedLengths({ model, work, texts, dtype, repeat }) {
  const tokenize = tokenizerOf(model, work.maxLength);
  const lengths = texts.map((text) => tokenize(text).length);
  const length = Math.round(lengths.reduce((sum, one) => sum + one, 0) / lengths.length);
  const uniform = uniformTexts(texts, tokenize, { count: texts.length, length });
  const kinds = [
    { what: 'mixed lengths', list: texts, flops: flopsOf(work, lengths), rates: [] },
    {
      what: `${length} tokens each`,
      list: uniform,
      flops: flopsOf(
        work,
        uniform.map(() => length),
      ),
      rates: [],
    },
  ];
  const { encoder } = await loadEncoder(model, dtype, texts);
  for (let i = 0; i < repeat; i++) {
    for (const { list, flops, rates } of i % 2 === 0 ? kinds : kinds.toReversed()) {
      rates.push(flops / (await encodeAll(encoder, list)).seconds / 1e9);
    }
  }
  encoder.dispose();
  const results = kinds.map(({ what, rates }) => ({ case: what, unit: 'GFLOP/s', ...summarize(rates) }));
  for (const { case: what, median, low, high } of results) {
    console.log(`${what}: ${number(median)} GFLOP/s (${number(low)}..${number(high)})`);
  }
  const [mixed, same] = results;
  console.log(`mixed lengths reach ${((100 * mixed.median) / same.median).toFixed(1)}% of one length`);
  return results;
}
