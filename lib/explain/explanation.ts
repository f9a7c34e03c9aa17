/** Attention weights of one sequence, ready to be looked at. Plain data in, a page out: it knows no layer. */
import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { checkPositiveInteger, sizeOf } from '../tensor/shape.js';
import { renderPage } from './page.js';

/** The whole of a layer's attention, or what one of its score functions alone would give. */
export interface ExplainedPart {
  /** 'attention' for the whole, else the score function's name. */
  readonly name: string;
  /** alpha of this part in a learned mixture. */
  readonly mix?: number;
  /** [heads, queries, keys], after the softmax. */
  readonly weights: Float32Array;
}

export interface ExplainedLayer {
  readonly name: string;
  /** Class of the attention layer. */
  readonly kind: string;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** The first is the whole; mixtures have one more for each score function. */
  readonly parts: readonly ExplainedPart[];
}

export interface ExplanationOptions {
  /** Heading of the page. */
  title?: string;
  /** Below it, such as the text that was read. */
  subtitle?: string;
  /** One for each query, default their numbers. */
  queryTokens?: readonly string[];
  /** One for each key, default their numbers. */
  keyTokens?: readonly string[];
}

function checkText(name: string, value: unknown, fallback: string): string {
  if (value === undefined) return fallback;
  if (typeof value !== 'string') throw new ArgumentError(expectation(name, 'a string', describe(value)));
  return value;
}

function checkPart(layer: ExplainedLayer, part: ExplainedPart): void {
  const name = `${layer.name}: weights of ${part.name}`;
  if (!types.isFloat32Array(part.weights)) {
    throw new ArgumentError(expectation(name, 'a Float32Array', describe(part.weights)));
  }
  const size = sizeOf([layer.heads, layer.queries, layer.keys]);
  if (part.weights.length !== size) {
    throw new ShapeError(expectation(name, `${size} elements`, String(part.weights.length)));
  }
}

function checkLayers(layers: readonly ExplainedLayer[]): void {
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new ArgumentError(expectation('layers', 'one layer or more', describe(layers)));
  }
  const [first] = layers as [ExplainedLayer];
  for (const layer of layers) {
    for (const size of ['heads', 'queries', 'keys'] as const) {
      checkPositiveInteger(`${layer.name}: ${size}`, layer[size]);
    }
    if (layer.queries !== first.queries || layer.keys !== first.keys) {
      throw new ShapeError(
        expectation(
          layer.name,
          `${first.queries} queries and ${first.keys} keys, as the first layer`,
          `${layer.queries} and ${layer.keys}`,
        ),
      );
    }
    if (!Array.isArray(layer.parts) || layer.parts.length === 0) {
      throw new ArgumentError(expectation(`${layer.name}: parts`, 'one part or more', describe(layer.parts)));
    }
    for (const part of layer.parts) checkPart(layer, part);
  }
}

function checkTokens(name: string, tokens: readonly string[] | undefined, count: number): string[] {
  if (tokens === undefined) return Array.from({ length: count }, (_, i) => String(i));
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === 'string')) {
    throw new ArgumentError(expectation(name, 'an array of strings', describe(tokens)));
  }
  if (tokens.length !== count) {
    throw new ShapeError(expectation(name, `${count} tokens`, String(tokens.length)));
  }
  return [...tokens];
}

export class Explanation {
  readonly title: string;
  readonly subtitle: string;
  readonly queryTokens: readonly string[];
  readonly keyTokens: readonly string[];

  /** @throws ArgumentError, ShapeError if anything does not fit together */
  constructor(
    readonly layers: readonly ExplainedLayer[],
    options: ExplanationOptions = {},
  ) {
    checkLayers(layers);
    const [{ queries, keys }] = layers as [ExplainedLayer];
    this.title = checkText('title', options.title, 'Attention');
    this.subtitle = checkText('subtitle', options.subtitle, '');
    this.queryTokens = checkTokens('queryTokens', options.queryTokens, queries);
    this.keyTokens = checkTokens('keyTokens', options.keyTokens, keys);
  }

  /**
   * Entropy of each row of one head in bits: 0 where a row looks at one key, log2(keys) where it looks at all alike;
   * 0 too for a row without weights.
   */
  entropy(layer: number, head: number, part = 0): Float64Array {
    const { heads, queries, keys, parts } = this.at('layer', this.layers, layer);
    const { weights } = this.at('part', parts, part);
    if (!Number.isInteger(head) || head < 0 || head >= heads) {
      throw new ArgumentError(expectation('head', `an integer from 0 to ${heads - 1}`, describe(head)));
    }
    return Float64Array.from({ length: queries }, (_, i) => {
      const row = weights.subarray((head * queries + i) * keys, (head * queries + i + 1) * keys);
      return row.reduce((sum, w) => (w > 0 ? sum - w * Math.log2(w) : sum), 0);
    });
  }

  /** One page without any reference to the network: heat maps of all layers and heads. */
  toHTML(): string {
    return renderPage(this);
  }

  private at<T>(name: string, list: readonly T[], index: number): T {
    const found = Number.isInteger(index) ? list[index] : undefined;
    if (found === undefined) {
      throw new ArgumentError(expectation(name, `an integer from 0 to ${list.length - 1}`, describe(index)));
    }
    return found;
  }
}
