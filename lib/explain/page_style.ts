/** Style of the page. Colours are custom properties, so that a theme is one block. */
export const PAGE_STYLE = `
:root {
  color-scheme: light;
  --paper: #fafafc; --card: #ffffff; --ink: #1b1d26; --soft: #5d6273; --line: #dfe1ea; --track: #e9ebf2;
  --accent: #3b4fd8; --focus: #c2410c; --on-focus: #ffffff; --bar: #8b92ad;
}
:root[data-theme='dark'] {
  color-scheme: dark;
  --paper: #0f1117; --card: #171a24; --ink: #e7e9f2; --soft: #9aa1b8; --line: #2a2f3f; --track: #262b3a;
  --accent: #9db1ff; --focus: #ffb074; --on-focus: #241304; --bar: #737c9c;
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
}
header {
  display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: flex-end; justify-content: space-between;
  padding: 20px 24px 14px; border-bottom: 1px solid var(--line);
}
.heading { min-width: 0; flex: 1 1 320px; }
h1, .text { overflow-wrap: anywhere; unicode-bidi: isolate; overflow-y: auto; }
h1 { margin: 0; font-size: 21px; line-height: 1.25; max-height: 3.75em; }
h2 { margin: 0 0 4px; font-size: 15px; overflow-wrap: anywhere; max-height: 4.5em; overflow-y: auto; }
.text { margin: 4px 0 0; color: var(--soft); max-height: 4.5em; }
.text:empty { display: none; }
.hint { margin: 0 0 10px; color: var(--soft); font-size: 13px; max-width: 80ch; }
footer.hint { margin: 0; padding: 0 24px 24px; max-width: none; }
.tools { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; }
.legend { width: 128px; color: var(--soft); font-size: 11px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.legend canvas { display: block; width: 100%; height: 10px; border-radius: 3px; border: 1px solid var(--line); }
.legend div { display: grid; grid-template-columns: 1fr auto 1fr; margin-top: 2px; }
.legend span:last-child { text-align: right; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
fieldset { display: flex; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 7px; min-width: 0; }
fieldset label { position: relative; font-size: 13px; cursor: pointer; }
fieldset input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
fieldset label span { display: block; padding: 4px 10px; border-radius: 6px; color: var(--soft); }
fieldset input:checked + span { background: var(--accent); color: var(--card); }
fieldset input:focus-visible + span { outline: 2px solid var(--focus); outline-offset: 2px; }
button {
  font: inherit; font-size: 13px; padding: 4px 10px; color: var(--ink); background: var(--card);
  border: 1px solid var(--line); border-radius: 7px; cursor: pointer;
}
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 20px; padding: 18px 24px 16px; }
@media (min-width: 1080px) {
  main:not(.stacked) { grid-template-columns: minmax(360px, 5fr) minmax(520px, 7fr); align-items: start; }
  main:not(.stacked) .overview { position: sticky; top: 12px; max-height: calc(100vh - 24px); overflow-y: auto; }
}
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px 16px; min-width: 0;
}
#grid { overflow-x: auto; padding: 4px; margin: -4px; }
.row, .heads { display: flex; gap: 5px; align-items: center; }
.row { margin-bottom: 5px; }
.row > span, .heads > span { color: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.heads { margin-bottom: 2px; }
.heads > span, .cell { flex: 1 1 0; min-width: 18px; max-width: 72px; text-align: center; }
.row > .name, .heads > .name { flex: 0 0 22px; max-width: none; min-width: 0; text-align: start; }
.named .row > .name, .named .heads > .name {
  flex-basis: 96px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate;
}
.cell { padding: 0; border: 0; border-radius: 4px; background: none; }
.cell canvas {
  display: block; width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 4px;
  outline: 1px solid var(--line);
}
.cell i { display: block; height: 3px; margin-top: 3px; background: var(--bar); border-radius: 2px; }
.cell:hover canvas { outline-color: var(--bar); }
.cell[aria-selected='true'] canvas { outline: 2px solid var(--accent); outline-offset: 1px; }
.cell[aria-selected='true'] i { background: var(--accent); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.readout {
  min-height: 3.2em; margin: 2px 0 10px; font-size: 14px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
  max-height: 9em; overflow-y: auto;
}
.readout output { display: block; }
.readout b { color: var(--accent); }
.token { unicode-bidi: isolate; font-weight: 600; }
#row { color: var(--soft); font-size: 13px; }
#panels { display: flex; flex-wrap: wrap; gap: 18px 26px; }
figure { margin: 0; min-width: 0; max-width: 100%; }
figcaption { font-size: 13px; margin-bottom: 6px; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.share { display: block; width: 120px; max-width: 100%; height: 4px; margin-top: 4px; border-radius: 2px; background: var(--track); }
.share i { display: block; height: 100%; border-radius: 2px; }
figcaption:not(:has(.share)) { padding-bottom: 8px; }
.scroll { overflow-x: auto; max-width: 100%; }
.map { position: relative; width: max-content; }
.map canvas { display: block; }
.cells { border-radius: 6px; cursor: crosshair; }
.cells:focus-visible { outline-offset: -2px; }
.marks { position: absolute; inset: 0; pointer-events: none; }
@media (max-width: 560px) {
  header { padding: 16px 12px 12px; }
  main { padding: 12px; gap: 12px; }
  section { padding: 12px 10px; border-radius: 10px; }
  footer.hint { padding: 0 12px 16px; }
  .row, .heads { gap: 3px; }
  .row > .name, .heads > .name { flex-basis: 16px; }
  .named .row > .name, .named .heads > .name { flex-basis: 44px; }
}
`;
