/** Puts a program together: named buffers, operations, and the order in which they are applied. */
import type { Columns, Operation, Program } from '../native/program.js';

/** A buffer with one row of `columns` numbers a token. */
export interface RowBuffer {
  buffer: number;
  columns: number;
}

export class ProgramBuilder {
  readonly #sizes: Pick<Program, 'vocabulary' | 'positions' | 'rotary'>;
  readonly #buffers = new Map<string, RowBuffer>();
  readonly #operations: Operation[] = [];
  readonly #order: number[] = [];

  constructor(sizes: Pick<Program, 'vocabulary' | 'positions' | 'rotary'>) {
    this.#sizes = sizes;
  }

  /** The buffer of this name and width; it is made when it is first asked for. */
  buffer(name: string, columns: number): RowBuffer {
    const key = `${name} ${columns}`;
    const known = this.#buffers.get(key);
    if (known !== undefined) return known;
    const made = { buffer: this.#buffers.size, columns };
    this.#buffers.set(key, made);
    return made;
  }

  /** @returns its index, for `apply`: an operation with its weights may be applied again and again */
  add(operation: Operation): number {
    return this.#operations.push(operation) - 1;
  }

  apply(operations: readonly number[]): void {
    this.#order.push(...operations);
  }

  /** @param result where the rows that are wanted stand behind the last operation */
  finish(result: RowBuffer): Program {
    return {
      ...this.#sizes,
      buffers: Int32Array.from([...this.#buffers.values()], ({ columns }) => columns),
      operations: this.#operations,
      order: Int32Array.from(this.#order),
      result: result.buffer,
    };
  }
}

export function allOf({ buffer }: RowBuffer): Columns {
  return { buffer };
}

export function columnsOf({ buffer }: RowBuffer, first: number, count: number): Columns {
  return { buffer, first, count };
}
