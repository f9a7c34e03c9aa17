/** Ranges of 8-bit embeddings: from a file, or from the first texts of the input. */

import { expectation, FormatError } from '../errors.js';
import { NpyFormat, readNpy } from '../formats/npy.js';
import type { RecordBatch } from '../formats/record_batch.js';
import { RowWriter } from '../formats/row_writer.js';
import { checkRanges } from '../models/heads/quantize.js';

/** Texts that ranges are calibrated with. */
export const CALIBRATION_TEXTS = 1024;

/** [2 * dimensions]: the least values, then the greatest. */
export async function readRanges(path: string, dimensions: number): Promise<Float32Array> {
  const checkShape = (shape: readonly number[]): void => {
    if (shape.length === 2 && shape[0] === 2 && shape[1] === dimensions) return;
    throw new FormatError(
      expectation(`--ranges ${path}`, `the shape (2, ${dimensions})`, `(${shape.join(', ')})`),
    );
  };
  const { data } = await readNpy(path, checkShape);
  return checkRanges(`--ranges ${path}`, data, dimensions);
}

/** Where the ranges of an output stand. */
export function rangesPath(output: string): string {
  return `${output}.ranges.npy`;
}

export async function writeRanges(path: string, ranges: Float32Array): Promise<void> {
  const format = new NpyFormat({ columns: ranges.length / 2, type: 'float32' });
  const writer = await RowWriter.open(path, format, { regular: true });
  await writer.write(ranges);
  await writer.close();
}

/** The first texts of an input, which are then read again with all others. */
export async function peekTexts(
  records: AsyncGenerator<RecordBatch, void, undefined>,
  count: number,
): Promise<{ texts: string[]; records: AsyncGenerator<RecordBatch, void, undefined> }> {
  const seen: RecordBatch[] = [];
  const texts: string[] = [];
  while (texts.length < count) {
    const next = await records.next();
    if (next.done) break;
    seen.push(next.value);
    texts.push(...next.value.texts.slice(0, count - texts.length));
  }
  async function* replay(): AsyncGenerator<RecordBatch, void, undefined> {
    yield* seen.splice(0);
    yield* records;
  }
  return { texts, records: replay() };
}
