/** The playground: one HTML document with its style and script, that asks nothing but its own server. */
import { createHash } from 'node:crypto';
import PAGE_SCRIPT from '../../explain/browser/start.ts?inline';
import PAGE_STYLE from '../../explain/browser/style.css?inline';
import PLAYGROUND_SCRIPT from './browser/start.ts?inline';
import PLAYGROUND_STYLE from './browser/style.css?inline';
import { EXAMPLE_SENTENCE, EXAMPLE_TEXTS } from './examples.js';

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** A frame that is made here has this policy too, beside its own: hence the digests of an explanation's page. */
export const PLAYGROUND_POLICY = [
  "default-src 'none'",
  `style-src ${digest(PLAYGROUND_STYLE)} ${digest(PAGE_STYLE)}`,
  `script-src ${digest(PLAYGROUND_SCRIPT)} ${digest(PAGE_SCRIPT)}`,
  "connect-src 'self'",
  'frame-src blob:',
  // The empty icon below, without which a browser asks for one.
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const alertPlace = (id: string): string => `<p id="${id}" class="alert" role="alert" dir="auto" hidden></p>`;

export const PLAYGROUND = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Embeddings: playground</title>
<style>${PLAYGROUND_STYLE}</style>
</head>
<body>
<a class="skip" href="#texts">To the texts</a>
<header>
  <div class="heading">
    <h1>Embeddings playground</h1>
    <p class="text">What this server makes of your texts, and how it is doing.</p>
  </div>
  <div class="tools">
    <span id="model-name"></span>
    <label id="model-line" hidden>Model <select id="model"></select></label>
    <button id="theme" type="button">Theme</button>
  </div>
</header>
<form id="key-form" hidden>
  <p class="hint">This server wants an API key. It is kept in this page alone, until you leave it.</p>
  <label for="key">API key</label>
  <input type="password" id="key" autocomplete="off" spellcheck="false">
  <button>Use this key</button>
  ${alertPlace('key-alert')}
</form>
<main class="stacked">
  ${alertPlace('models-alert')}
  <section class="live" aria-labelledby="figures-title">
    <h2 id="figures-title" class="unseen">Live figures</h2>
    <dl id="figures"></dl>
    ${alertPlace('figures-alert')}
  </section>
  <section aria-labelledby="similarity-title">
    <h2 id="similarity-title">Similarity</h2>
    <div class="columns">
      <div class="typed">
        <label for="texts">Texts, one a line; they are compared as you type</label>
        <textarea id="texts" rows="9" spellcheck="false" dir="auto">${EXAMPLE_TEXTS.map(escaped).join('\n')}</textarea>
        <p id="similarity-status" class="status" aria-live="polite"></p>
        ${alertPlace('similarity-alert')}
      </div>
      <div id="similarity-result" class="compared" hidden>
        <div class="head">
          <p class="hint">Cosine of every two texts; orange is below 0. Click a cell, or move by arrow keys, to read it
          and to see what is nearest to the text of its row.</p>
          <div class="tools">
            <div class="legend" aria-hidden="true">
              <canvas id="ramp" width="160" height="10"></canvas>
              <div><span id="scale-start"></span><span id="scale-middle"></span><span>1</span></div>
            </div>
            <fieldset id="range">
              <legend class="unseen">Colour scale</legend>
              <label><input type="radio" name="range" value="whole"><span>from 0</span></label>
              <label><input type="radio" name="range" value="lowest"><span>from the lowest</span></label>
            </fieldset>
          </div>
        </div>
        <div id="matrix"></div>
        <div class="readout"><output id="pair"></output></div>
      </div>
      <div class="neighbours">
        <h3 id="nearest-title" hidden></h3>
        <ol id="nearest" aria-labelledby="nearest-title"></ol>
      </div>
    </div>
  </section>
  <section aria-labelledby="attention-title">
    <h2 id="attention-title">Attention</h2>
    <form id="sentence-form">
      <label for="sentence">One sentence; every layer and head shows where its tokens look
        <input type="text" id="sentence" autocomplete="off" spellcheck="false" dir="auto" value="${escaped(EXAMPLE_SENTENCE)}">
      </label>
      <button class="primary">Show attention</button>
    </form>
    ${alertPlace('attention-alert')}
    <p class="status"><span id="attention-status" aria-live="polite"></span><span id="save-line" hidden><a id="save" download="attention.html">Save this page</a>, as the inspect command writes it</span></p>
  </section>
  <iframe id="frame" title="Attention" hidden></iframe>
</main>
<footer class="hint">This page asks this server alone. By hand: <code>POST /v1/embeddings</code>, <code>POST /embed</code>,
<code>POST /explain</code>; all routes are in <a href="docs" id="docs">the documentation</a>.</footer>
<noscript><p class="hint">The page is a script that asks the server; without it there is nothing to see.</p></noscript>
<script>${PLAYGROUND_SCRIPT}</script>
</body>
</html>
`;
