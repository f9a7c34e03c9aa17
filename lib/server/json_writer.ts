/** JSON of many float32 numbers: the fewest digits that read back as the same number, straight into bytes. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expectation } from '../errors.js';
import { MAX_DECIMAL_BYTES, putDecimal } from '../formats/float32_decimal.js';
import { BackendError } from './failures.js';

/** Numbers that are written in one turn of the event loop: some milliseconds. */
const TURN_NUMBERS = 32_768;
/** Of a number of a unit vector, with the comma behind it. */
const USUAL_BYTES = 13;

export class JsonWriter {
  #bytes: Buffer;
  #length = 0;
  #numbers = 0;

  /** @param rows what will be written, about */
  constructor(rows: readonly Float32Array[] = []) {
    const numbers = rows.reduce((sum, row) => sum + row.length, 0);
    // The last row asks for as much room as it could need at most.
    const most = (rows.at(-1)?.length ?? 0) * (MAX_DECIMAL_BYTES + 1);
    this.#bytes = Buffer.allocUnsafe(1024 + 64 * rows.length + USUAL_BYTES * numbers + most);
  }

  /** JSON that is there already. */
  text(json: string): this {
    this.#room(3 * json.length);
    this.#length += this.#bytes.write(json, this.#length);
    return this;
  }

  /** An array of numbers. */
  numbers(row: Float32Array): this {
    this.#room(row.length * (MAX_DECIMAL_BYTES + 1) + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = 0x5b;
    for (let i = 0; i < row.length; i++) {
      const value = row[i]!;
      if (!Number.isFinite(value)) {
        throw new BackendError(expectation('embedding', 'finite numbers', String(value)));
      }
      if (i > 0) bytes[at++] = 0x2c;
      at = putDecimal(value, bytes, at);
    }
    bytes[at++] = 0x5d;
    this.#length = at;
    this.#numbers += row.length;
    return this;
  }

  /** The same numbers as a string: their bytes, little-endian, in base64. */
  base64(row: Float32Array): this {
    this.#numbers += row.length;
    return this.text(`"${base64Of(row)}"`);
  }

  /** To be awaited between rows, so that a long answer holds nobody up. */
  async turn(): Promise<void> {
    if (this.#numbers < TURN_NUMBERS) return;
    this.#numbers = 0;
    await nextTurn();
  }

  end(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(needed: number): void {
    if (this.#length + needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + needed));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** [[...], [...]] */
export async function rowsJson(rows: readonly Float32Array[]): Promise<Buffer> {
  const writer = new JsonWriter(rows).text('[');
  for (const [i, row] of rows.entries()) {
    writer.text(i === 0 ? '' : ',').numbers(row);
    await writer.turn();
  }
  return writer.text(']').end();
}

/** The bytes of float32 numbers, little-endian on every machine. */
function base64Of(row: Float32Array): string {
  if (LITTLE_ENDIAN) return Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('base64');
  const bytes = Buffer.allocUnsafe(row.byteLength);
  for (const [i, value] of row.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes.toString('base64');
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
