/** Attention weights of one sequence, ready to be looked at. Plain data in, a page out: it knows no layer. */
import { ArgumentError, describe, expectation } from '../errors.js';
import { checkOptions, optionNames } from '../options.js';
import { checkLayers, checkString, checkTokens } from './checks.js';
import type { Explained, ExplainedLayer } from './explained.js';
import { renderPage } from './page.js';

export type { ExplainedLayer, ExplainedPart } from './explained.js';

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

const OPTIONS = optionNames<keyof ExplanationOptions>()('title', 'subtitle', 'queryTokens', 'keyTokens');

export class Explanation implements Explained {
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
    checkOptions('Explanation', OPTIONS, options);
    const { title = 'Attention', subtitle = '' } = options;
    const [{ queries, keys }] = layers as [ExplainedLayer];
    this.title = checkString('title', title);
    this.subtitle = checkString('subtitle', subtitle);
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
    const entropies = new Float64Array(queries);
    for (let i = 0; i < queries; i++) {
      const end = (head * queries + i + 1) * keys;
      for (let at = end - keys; at < end; at++) {
        const weight = weights[at]!;
        if (weight > 0) entropies[i]! -= weight * Math.log2(weight);
      }
    }
    return entropies;
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
