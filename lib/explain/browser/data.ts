/** The data that the page carries. */
import type { PageContents, PageLayer, PagePart } from '../page_contents.js';
import { byId } from './elements.js';

export interface Part extends Pick<PagePart, 'name' | 'mix'> {
  /** [heads, rows, columns], in steps. */
  weights(): Uint16Array;
  /** [heads, rows], in bits. */
  entropies(): Float32Array;
}

export interface Layer extends Omit<PageLayer, 'parts'> {
  readonly parts: readonly Part[];
}

function bytesOf(base64: string): ArrayBuffer {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

/** Decodes on the first call, since most parts are never looked at, and then lets go of the text. */
function decodedOnce<T>(base64: string, decode: (bytes: ArrayBuffer) => T): () => T {
  let packed = base64;
  let decoded: T | undefined;
  return () => {
    if (decoded === undefined) {
      decoded = decode(bytesOf(packed));
      packed = '';
    }
    return decoded;
  };
}

function unpacked({ parts, ...layer }: PageLayer): Layer {
  return {
    ...layer,
    parts: parts.map((part) => ({
      ...part,
      weights: decodedOnce(part.weights, (bytes) => new Uint16Array(bytes)),
      entropies: decodedOnce(part.entropies, (bytes) => new Float32Array(bytes)),
    })),
  };
}

function read() {
  const { layers, ...rest } = JSON.parse(byId('data').textContent!) as PageContents;
  return { ...rest, layers: layers.map(unpacked) };
}

export const { layers, queryTokens, keyTokens, steps } = read();
export const rows = queryTokens.length;
export const columns = keyTokens.length;
/** The largest entropy that a row can have. */
export const mostBits = Math.log2(Math.max(2, columns));

export function partOf(layer: number, part: number): Part {
  return layers[layer]!.parts[part]!;
}

/** [rows, columns] of one head, in steps. */
export function weightsOf(layer: number, part: number, head: number): Uint16Array {
  const size = rows * columns;
  return partOf(layer, part)
    .weights()
    .subarray(head * size, (head + 1) * size);
}

/** One weight, from 0 to 1. */
export function weightAt(layer: number, part: number, head: number, row: number, column: number): number {
  return weightsOf(layer, part, head)[row * columns + column]! / steps;
}

/** Entropies of the rows of one head. */
export function entropiesOf(layer: number, part: number, head: number): Float32Array {
  return partOf(layer, part)
    .entropies()
    .subarray(head * rows, (head + 1) * rows);
}

export function meanEntropy(layer: number, part: number, head: number): number {
  return entropiesOf(layer, part, head).reduce((sum, bits) => sum + bits, 0) / rows;
}
