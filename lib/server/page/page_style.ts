/** Style of the playground, on top of that of the page of an explanation, whose colours and parts it shares. */
import { PAGE_STYLE } from '../../explain/page_style.js';

const OWN_STYLE = `
[hidden] { display: none !important; }
.skip { position: absolute; left: -999px; top: 8px; padding: 6px 12px; background: var(--card); color: var(--ink); }
.skip:focus { left: 8px; z-index: 1; }
label { font-size: 13px; color: var(--soft); }
select, textarea, input[type='text'], input[type='password'] {
  font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 7px;
  padding: 6px 10px; min-width: 0;
}
select { max-width: 100%; padding: 4px 8px; font-size: 13px; background: var(--card); }
textarea { display: block; width: 100%; min-height: 13.5em; resize: vertical; margin-top: 4px; white-space: pre-wrap; }
#model-name { font-size: 13px; overflow-wrap: anywhere; }
.primary { background: var(--accent); border-color: var(--accent); color: var(--card); font-size: 15px; padding: 6px 16px; }
.alert {
  margin: 10px 0 0; padding: 8px 12px; font-size: 14px; border: 1px solid var(--focus); border-left-width: 4px;
  border-radius: 7px; overflow-wrap: anywhere; max-height: 9em; overflow-y: auto;
}
.status { margin: 8px 0 0; min-height: 1.5em; color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
#key-form { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 18px 24px 0; }
#key-form p { flex: 1 1 100%; margin: 0; }
#figures { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 12px; margin: 0; padding: 0; }
.live { border: 0; background: none; padding: 0; }
#figures div {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 8px 14px 6px; min-width: 0;
}
#figures dt { color: var(--soft); font-size: 12px; }
#figures dd { margin: 0; font-size: 21px; line-height: 1.3; font-variant-numeric: tabular-nums; white-space: nowrap; }
#figures small { font-size: 12px; color: var(--soft); }
#figures svg { display: block; width: 100%; height: 22px; margin-top: 2px; overflow: visible; }
#figures polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
#figures.silent dd { color: var(--soft); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px 28px; align-content: start; }
@media (min-width: 1000px) {
  .columns { grid-template: auto 1fr / minmax(0, 4fr) minmax(0, 7fr); }
  .compared { grid-column: 2; grid-row: 1 / 3; }
  .neighbours { grid-column: 1; }
}
.head { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: end; justify-content: space-between; }
h3 { margin: 4px 0 6px; font-size: 14px; overflow-wrap: anywhere; max-height: 4.5em; overflow-y: auto; }
h3 .token { font-weight: 600; }
.busy { opacity: 0.55; transition: opacity 0.2s 0.25s; }
#matrix { overflow-x: auto; padding: 3px; margin: 0 -3px; }
table { border-collapse: separate; border-spacing: 1px; font-size: 12px; font-variant-numeric: tabular-nums; }
th { font-weight: 400; color: var(--soft); padding: 0; }
thead th { height: 20px; max-width: var(--cell); overflow: visible; }
thead span { display: flex; width: 0; margin: 0 auto; justify-content: center; }
.unnamed { visibility: hidden; }
tbody th {
  position: sticky; left: 0; text-align: start; white-space: nowrap; background: var(--card); line-height: 15px;
}
tbody th span {
  display: block; width: var(--label); overflow: hidden; text-overflow: ellipsis; padding-inline-end: 8px;
  unicode-bidi: isolate;
}
tbody th b { display: inline-block; min-width: 2.1em; font-weight: 400; }
tr[aria-selected='true'] th { color: var(--ink); font-weight: 600; }
td {
  width: var(--cell); min-width: var(--cell); max-width: var(--cell); height: max(15px, var(--cell)); padding: 0; text-align: center;
  border-radius: 3px; cursor: pointer; overflow: hidden;
}
.small td { font-size: 0; border-radius: 1px; }
td.here { outline: 2px solid var(--focus); outline-offset: 0; }
td:focus-visible { outline-offset: 1px; }
#pair { min-height: 4.8em; margin-bottom: 0; }
#nearest { list-style: none; margin: 0; padding: 0; }
#nearest button {
  display: grid; grid-template-columns: 3.6em 84px minmax(0, 1fr); gap: 10px; align-items: center; width: 100%;
  border: 0; border-radius: 6px; background: none; padding: 4px 6px; margin: 0 -6px; text-align: start; font-size: 14px;
}
#nearest button:hover { background: var(--track); }
#nearest .value { color: var(--accent); font-weight: 600; font-variant-numeric: tabular-nums; text-align: end; }
#nearest .track { height: 8px; border-radius: 4px; background: var(--track); overflow: hidden; }
#nearest .track i { display: block; height: 100%; background: var(--bar); }
#nearest .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate; }
#sentence-form { display: flex; flex-wrap: wrap; gap: 8px; align-items: end; }
#sentence-form label { flex: 1 1 260px; min-width: 0; }
#sentence { display: block; width: 100%; margin-top: 4px; font-size: 15px; }
#sentence-form button { min-height: 36px; }
iframe { display: block; width: calc(100% + 48px); margin: -8px -24px 0; height: 480px; border: 0; }
a { color: var(--accent); }
@media (max-width: 760px) {
  #figures { grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 8px; }
  #figures div { grid-column: span 2; padding: 6px 10px; border-radius: 10px; }
  #figures div:nth-child(-n + 2) { grid-column: span 3; }
  #key-form { margin: 12px 12px 0; }
  #nearest button { grid-template-columns: 3.6em 44px minmax(0, 1fr); gap: 8px; }
  #nearest .name { white-space: normal; max-height: 3em; }
  }
@media (max-width: 560px) {
  iframe { width: calc(100% + 24px); margin: -6px -12px 0; }
  .live { padding: 0; }
  select, textarea, input[type='text'], input[type='password'] { font-size: 16px; }
}
`;

export const PLAYGROUND_STYLE = PAGE_STYLE + OWN_STYLE;
