// The encoder beside those of other packages, in one table.
import { number } from '../lib/report.mjs';
import { compareEncoders } from '../peers/encode/compare.mjs';
import { encodeTable } from '../peers/encode/table.mjs';

/** Two float32 implementations of one model agree to this. */
const SAME = 0.99999;

export async function besidePeers({ repeat, reference, ...settings }) {
  const { results, tokens, flops, known } = await compareEncoders({ ...settings, rounds: repeat, reference });
  const each = number(flops / tokens / 1e6);
  console.log(`${tokens} tokens of ${each} MFLOP each; resident memory is the most while encoding`);
  if (known) {
    const { lowest, rows } = known;
    console.log(`ours float32 beside ${rows} rows of ${reference}: lowest cosine ${lowest.toFixed(7)}`);
    if (!(lowest >= SAME)) {
      console.error(`bench: expected a cosine of ${SAME} to ${reference} but received ${lowest}`);
      process.exitCode = 1;
    }
  }
  console.log(encodeTable(results));
  return results;
}
