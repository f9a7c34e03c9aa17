/** The page: one HTML document with its style, script and data, that asks the network for nothing. */
import type { ExplainedLayer, Explanation } from './explanation.js';
import { PAGE_SCRIPT } from './page_script.js';
import { PAGE_STYLE } from './page_style.js';

/** Nothing may be fetched, sent or framed, whatever a token holds. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "script-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Steps between weights 0 and 1. */
const STEPS = 65535;

/** Text for HTML: inert, well-formed, without control characters. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) =>
      c === '\n' || c === '\t' || c === '\u200d' ? c : '\ufffd',
    )
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** JSON that no HTML parser takes for anything but text. */
function inertJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Weights in 16 bits, little-endian, base64. */
function packed(weights: Float32Array): string {
  const bytes = Buffer.alloc(2 * weights.length);
  weights.forEach((weight, i) => {
    bytes.writeUInt16LE(Math.round(Math.min(1, Math.max(0, weight || 0)) * STEPS), 2 * i);
  });
  return bytes.toString('base64');
}

function layerData({ name, kind, heads, parts }: ExplainedLayer) {
  return {
    name,
    kind,
    heads,
    parts: parts.map((part) => ({
      name: part.name,
      ...(part.mix === undefined ? {} : { mix: part.mix }),
      weights: packed(part.weights),
    })),
  };
}

export function renderPage({ title, subtitle, layers, queryTokens, keyTokens }: Explanation): string {
  const data = inertJson({ layers: layers.map(layerData), queryTokens, keyTokens, steps: STEPS });
  const mixture = layers.some(({ parts }) => parts.length > 1);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}: attention</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
  <div class="heading">
    <h1>${escaped(title)}</h1>
    <p class="text" dir="auto">${escaped(subtitle)}</p>
  </div>
  <div class="tools">
    <div class="legend" aria-hidden="true"><span>0</span><canvas id="ramp" width="160" height="10"></canvas><span>1</span></div>
    <button id="scale" type="button" aria-pressed="true">√ scale</button>
    <button id="theme" type="button">Theme</button>
  </div>
</header>
<main${mixture ? ' class="stacked"' : ''}>
  <section class="overview" aria-labelledby="overview-title">
    <h2 id="overview-title">Every head</h2>
    <p class="hint">One small map a head: rows are layers, columns heads. The bar below tells how spread its attention
    is: short looks at one token, long at all of them.</p>
    <div id="grid" role="grid" aria-label="Heads by layer"></div>
  </section>
  <section class="detail" aria-labelledby="detail-title">
    <h2 id="detail-title"></h2>
    <p class="hint">Each row is a token and shows where it looks; darkness on light and brightness on dark is weight.
    Bars at the right: entropy of the row in bits.${mixture ? ' Beside the whole, what each score function alone would give.' : ''}
    Point at a cell, or use the arrow keys.</p>
    <output id="readout" aria-live="polite"></output>
    <div id="panels"></div>
  </section>
</main>
<noscript><p class="hint">This page draws its maps with a script of its own; nothing is loaded from elsewhere.</p></noscript>
<script type="application/json" id="data">${data}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}
