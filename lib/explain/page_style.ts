/** Style of the page. Colours are custom properties, so that a theme is one block. */
export const PAGE_STYLE = `
:root {
  --paper: #fbfbfd; --card: #ffffff; --ink: #1b1d26; --soft: #5d6273; --line: #dfe1ea; --accent: #3b4fd8;
  --focus: #d9480f; --bar: #8b92ad;
}
:root[data-theme='dark'] {
  --paper: #101219; --card: #171a24; --ink: #e7e9f2; --soft: #9aa1b8; --line: #2a2f3f; --accent: #9db1ff;
  --focus: #ffb074; --bar: #6f7794;
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
}
header {
  display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: flex-end; justify-content: space-between;
  padding: 22px 24px 14px; border-bottom: 1px solid var(--line);
}
.heading { min-width: 0; flex: 1 1 320px; }
h1 { margin: 0; font-size: 21px; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0 0 4px; font-size: 15px; overflow-wrap: anywhere; }
.text {
  margin: 4px 0 0; color: var(--soft); overflow-wrap: anywhere; unicode-bidi: isolate;
  max-height: 4.5em; overflow-y: auto;
}
.text:empty { display: none; }
.hint { margin: 0 0 10px; color: var(--soft); font-size: 13px; max-width: 68ch; }
.tools { display: flex; gap: 10px; align-items: center; }
.legend { display: flex; gap: 6px; align-items: center; color: var(--soft); font-size: 12px; }
.legend canvas { width: 120px; height: 10px; border-radius: 3px; border: 1px solid var(--line); }
button {
  font: inherit; font-size: 13px; padding: 4px 10px; color: var(--ink); background: var(--card);
  border: 1px solid var(--line); border-radius: 7px; cursor: pointer;
}
button[aria-pressed='true'] { border-color: var(--accent); color: var(--accent); }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 22px; padding: 18px 24px 32px; }
@media (min-width: 1080px) {
  main:not(.stacked) { grid-template-columns: minmax(360px, 5fr) minmax(520px, 7fr); align-items: start; }
  main:not(.stacked) .overview { position: sticky; top: 12px; }
}
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px 16px; min-width: 0;
}
#grid { overflow-x: auto; padding: 4px; margin: -4px; }
.row { display: flex; gap: 5px; align-items: center; margin-bottom: 5px; }
.row > span, .heads > span { color: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.row > span:first-child, .heads > span:first-child { flex: 0 0 22px; }
.heads { display: flex; gap: 5px; margin-bottom: 2px; }
.heads > span:not(:first-child) { flex: 1 1 0; min-width: 18px; max-width: 64px; text-align: center; }
.cell {
  flex: 1 1 0; min-width: 18px; max-width: 64px; padding: 0; border: 0; border-radius: 4px; background: none;
  cursor: pointer; position: relative;
}
.cell canvas {
  display: block; width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 4px;
  outline: 1px solid var(--line);
}
.cell i { display: block; height: 3px; margin-top: 2px; background: var(--bar); border-radius: 2px; }
.cell[aria-selected='true'] canvas { outline: 2px solid var(--accent); outline-offset: 1px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
#readout {
  display: block; min-height: 2.9em; margin: 2px 0 6px; font-variant-numeric: tabular-nums; font-size: 14px;
  overflow-wrap: anywhere;
}
#readout b { color: var(--accent); }
#readout .token { unicode-bidi: isolate; font-weight: 600; }
#panels { display: flex; flex-wrap: wrap; gap: 18px 26px; }
figure { margin: 0; min-width: 0; max-width: 100%; }
figcaption { font-size: 13px; margin-bottom: 4px; overflow-wrap: anywhere; }
figcaption span { color: var(--soft); }
.scroll { overflow-x: auto; max-width: 100%; }
.scroll canvas { display: block; border-radius: 6px; touch-action: pan-x pan-y; cursor: crosshair; }
@media (max-width: 560px) {
  header { padding: 16px 12px 12px; }
  main { padding: 12px; gap: 12px; }
  section { padding: 12px 10px; border-radius: 10px; }
  .row, .heads { gap: 3px; }
  .row > span:first-child, .heads > span:first-child { flex-basis: 16px; }
}
`;
