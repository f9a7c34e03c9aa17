/** Memory of `encode` does not grow with its input: what readers and writers hold is bounded. */
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { runEncode } from '../../lib/cli/encode.js';
import type { EncodedBatch, TextSource } from '../../lib/models/types.js';
import { useTemporaryDirectory } from '../unit/formats/temporary_directory.js';
import { FakeEncoder } from './fake_encoder.js';

const file = useTemporaryDirectory();
const RECORDS = 90_000;
const DIMENSIONS = 64;
/** Records after which memory is measured. A measure collects the whole heap, that of jest too, so there are few. */
const EARLY = [15_000, 21_000, 27_000, 33_000];
const LATE = [66_000, 72_000, 78_000, 84_000];
/** Makes the texts of the 51,000 records between the two groups of samples more than ten megabytes. */
const LONG = 'with many words '.repeat(15);

// Measured are live objects, not what the collector has not come to yet.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function live(): number {
  // The second round takes what only the finalizers of the first let go.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** As many records as wanted, a chunk at a time, never faster than they are taken. */
function* chunks(line: (i: number) => string): Generator<Buffer> {
  for (let begin = 0; begin < RECORDS; begin += 1000) {
    let text = '';
    for (let i = begin; i < begin + 1000; i++) text += line(i);
    yield Buffer.from(text);
  }
}

/** Takes memory's measure on the way. */
class MeasuringEncoder extends FakeEncoder {
  readonly early: number[] = [];
  readonly late: number[] = [];

  override async *encodeStream(texts: TextSource): AsyncGenerator<EncodedBatch, void, undefined> {
    let done = 0;
    for await (const item of texts) {
      const count = typeof item === 'string' ? 1 : item.length;
      yield { embeddings: new Float32Array(count * DIMENSIONS).fill(0.5), texts: count, tokens: count };
      const passed = (records: number) => done < records && records <= done + count;
      if (EARLY.some(passed)) this.early.push(live());
      if (LATE.some(passed)) this.late.push(live());
      done += count;
    }
    expect(done).toBe(RECORDS);
  }
}

it.each([
  ['lines', 'out.npy', undefined, (i: number) => `text number ${i} ${LONG}\n`],
  ['jsonl', 'out.arrow', 'key', (i: number) => `{"key":"key ${i}","text":"text number ${i} ${LONG}"}\n`],
  ['csv', 'out.parquet', 'line', (i: number) => `${i === 0 ? 'key,text\n' : ''}${i},"text, ${i} ${LONG}"\n`],
] as const)('%s -> %s', async (inputFormat, output, id, line) => {
  const encoder = new MeasuringEncoder(DIMENSIONS);
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    value: Readable.from(chunks(line), { objectMode: false }),
  });
  try {
    const options = { model: 'fake', input: '-', inputFormat, output: file(output), quiet: true };
    await runEncode(
      { ...options, ...(id === undefined ? {} : { id }) },
      { findModel: async (name) => name, loadEncoder: async () => encoder, stderr: process.stderr },
    );
  } finally {
    Object.defineProperty(process, 'stdin', stdin);
  }
  // Records that are read and not yet written come and go, so the minimum of four samples counts. If the texts between
  // the two groups were held, they alone would take ten megabytes.
  const { early, late } = encoder;
  expect([early.length, late.length]).toEqual([EARLY.length, LATE.length]);
  expect(Math.min(...late) - Math.min(...early)).toBeLessThan(5);
});
