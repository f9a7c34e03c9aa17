/** The page: one HTML document with its style, script and data, that asks the network for nothing. */
import PAGE_SCRIPT from './browser/start.ts?inline';
import PAGE_STYLE from './browser/style.css?inline';
import type { Explained } from './explained.js';
import { pageData, STEPS } from './page_data.js';
import { visibleLine } from './visible_text.js';

// Loaded when a page is made: most programs make none, and OpenSSL takes milliseconds and megabytes.
function digest(text: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** Nothing is fetched, sent or framed, and no script runs but the page's own, even if a token became markup. */
function policyOf(script: string, style: string): string {
  return [
    "default-src 'none'",
    `style-src ${digest(style)}`,
    `script-src ${digest(script)}`,
    // The empty icon below, without which a browser asks a server for one.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function escaped(text: string): string {
  return visibleLine(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** JSON that no HTML parser takes for anything but text. */
function inertJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}

function scaleChoice(value: string, label: string): string {
  return `<label><input type="radio" name="scale" value="${value}"><span>${label}</span></label>`;
}

/** In steps, between which a server does other work. */
export function* pageSteps(explanation: Explained): Generator<void, string, void> {
  const { title, subtitle, layers } = explanation;
  const data = inertJson(yield* pageData(explanation));
  yield;
  const mixture = layers.some(({ parts }) => parts.length > 1);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(PAGE_SCRIPT, PAGE_STYLE)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escaped(title)}: attention</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
  <div class="heading">
    <h1 dir="auto">${escaped(title)}</h1>
    <p class="text" dir="auto">${escaped(subtitle)}</p>
  </div>
  <div class="tools">
    <div class="legend" aria-hidden="true">
      <canvas id="ramp" width="160" height="10"></canvas>
      <div><span id="scale-start"></span><span id="scale-middle"></span><span>1</span></div>
    </div>
    <fieldset id="scale">
      <legend class="unseen">Colour scale</legend>
      ${scaleChoice('linear', 'linear')}${scaleChoice('root', '√')}${scaleChoice('log', 'log')}
    </fieldset>
    <button id="theme" type="button">Theme</button>
  </div>
</header>
<main${mixture ? ' class="stacked"' : ''}>
  <section class="overview" aria-labelledby="overview-title">
    <h2 id="overview-title">Every head</h2>
    <p class="hint">One small map a head: rows are layers, columns heads. The bar below is the mean entropy: short where
    a head looks at one token, long where it looks at all alike.</p>
    <div id="grid" role="grid" aria-label="Heads by layer"></div>
  </section>
  <section class="detail" aria-labelledby="detail-title">
    <h2 id="detail-title"></h2>
    <p class="hint">Each row is a token; its cells show how much it looks at the token above them. At the right, the
    entropy of the row in bits.${mixture ? ' Beside the whole, what each score function alone would give.' : ''}
    Point at a cell, click to keep it, or use the arrow keys.</p>
    <div class="readout"><output id="readout"></output><div id="row"></div></div>
    <div id="panels"></div>
  </section>
</main>
<footer class="hint">Weights are stored in 16 bits, in steps of ${(1 / STEPS).toFixed(6)}; entropies come from the full
numbers and are at most log2 of the number of keys. This page loads nothing.</footer>
<noscript><p class="hint">The maps are drawn by a script inside this page; without it there is nothing to see.</p></noscript>
<script type="application/json" id="data">${data}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

export function renderPage(explanation: Explained): string {
  const steps = pageSteps(explanation);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
