/** Explanations for tests and pictures of the page. */
import type { ExplainedLayer } from '../../lib/explain/explanation.js';
import { softmaxRows } from './layers.js';
import { uniform } from './random.js';

/** A layer whose heads look at the token `head - 1` places further, more or less sharply, and its parts. */
export function patterned(
  layer: number,
  size: { heads: number; queries: number; keys: number },
  parts: readonly { name: string; mix?: number }[] = [{ name: 'attention' }],
): ExplainedLayer {
  const { heads, queries, keys } = size;
  const noise = uniform(parts.length * heads * queries * keys, 1000 + layer);
  const weights = (part: number) =>
    Float32Array.from(
      Array.from({ length: heads }, (_, head) =>
        softmaxRows(
          Array.from({ length: queries }, (__, i) =>
            Array.from({ length: keys }, (___, j) => {
              const near = Math.exp(-((j - i + head - 1) ** 2) / (1 + layer));
              return 5 * near + 2 * noise[((part * heads + head) * queries + i) * keys + j]!;
            }),
          ),
        ),
      ).flat(2),
    );
  return {
    name: `layer ${layer}`,
    kind: 'MixtureSynthesizer',
    ...size,
    parts: parts.map((part, i) => ({ ...part, weights: weights(i) })),
  };
}

/** Texts that would break out of a page, a script, an attribute or a line, each naming itself. */
export const HOSTILE: readonly string[] = [
  '</script><script>alert("script")</script>',
  '<img src=x onerror=alert("image")>',
  '"><svg onload=alert("svg")>',
  "' onmouseover='alert(1)",
  '<!--<script>',
  ']]>&amp;&lt;',
  '\u2028alert("line")\u2029',
  '\u202eright to left\u202c',
  '\ud800',
  '\0nul',
  '👩🏽‍🚀',
  '',
  'x'.repeat(3000),
];
