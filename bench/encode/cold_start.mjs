// From the first import to the first embedding, in fresh processes, which share nothing but the system's file cache.
import { fail } from '../lib/options.mjs';
import { summarize } from '../lib/statistics.mjs';
import { encodeOnce } from '../peers/encode/compare.mjs';
import { oursWith } from '../peers/encode/contenders.mjs';
import { exchangeFolder } from '../peers/exchange.mjs';

export function coldStart({ model, texts, dtype, repeat, threads }) {
  const task = { folder: exchangeFolder(), threads, model, texts: texts.slice(0, 1) };
  const values = Array.from({ length: repeat }, () => {
    const { first, reason } = encodeOnce(oursWith(dtype), task);
    if (reason) fail('an embedding', reason, 1);
    return first;
  });
  const summary = summarize(values);
  const { median, low, high } = summary;
  const range = `${low.toFixed(0)}..${high.toFixed(0)} in ${repeat} processes`;
  console.log(`first embedding ${median.toFixed(0)} ms after the first import (${range})`);
  return [{ case: 'first embedding', unit: 'ms', ...summary }];
}
