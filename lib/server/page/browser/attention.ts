/** Attention in one sentence: the page that the inspect command writes, in a frame as high as that page. */
import { byId } from '../../../explain/browser/elements.js';
import { theme } from '../../../explain/browser/theme.js';
import { latest } from './latest.js';
import { ask, Refusal, session } from './request.js';
import { quoted } from './text.js';

let pageUrl: string | undefined;

function frame(): HTMLIFrameElement {
  return byId<HTMLIFrameElement>('frame');
}

export const explain = latest('attention-alert', async (signal) => {
  const text = byId<HTMLInputElement>('sentence').value.trim();
  if (text === '') throw new Refusal('type a sentence first', 0);
  byId('attention-status').textContent = 'Asking the model …';
  try {
    const response = await ask('explain', { inputs: text, model: session.model }, signal);
    const blob = new Blob([await response.arrayBuffer()], { type: 'text/html;charset=utf-8' });
    if (signal.aborted) return;
    showPage(blob, text);
  } finally {
    if (!signal.aborted) byId('attention-status').textContent = '';
  }
});

function showPage(blob: Blob, text: string): void {
  const old = pageUrl;
  pageUrl = URL.createObjectURL(blob);
  const { location } = frame().contentWindow!;
  frame().title = `Attention in ${quoted(text)}`;
  frame().hidden = false;
  // The same head of another sentence. Replaced, not followed: each sentence would be one more step of going back.
  location.replace(pageUrl + location.hash);
  byId<HTMLAnchorElement>('save').href = pageUrl;
  byId('save-line').hidden = false;
  if (old) URL.revokeObjectURL(old);
}

/** Makes the frame as high as its page, now and whenever that changes. */
export function fitFrame(): void {
  const inner = frame().contentDocument;
  if (!inner?.getElementById('panels')) return;
  // This page has a button and a last line for both.
  for (const part of inner.querySelectorAll<HTMLElement>('#theme, footer')) part.style.display = 'none';
  showFrameTheme();
  const fit = () => {
    frame().style.height = `${Math.ceil(inner.body.getBoundingClientRect().height)}px`;
  };
  // An observer of the frame's own realm, which ends with its page.
  const { ResizeObserver } = frame().contentWindow as Window & typeof globalThis;
  new ResizeObserver(fit).observe(inner.body);
  fit();
}

/** Gives the page in the frame the theme of this one. */
export function showFrameTheme(): void {
  const inner = frame().contentDocument;
  const button = inner?.getElementById('theme');
  if (button && inner?.documentElement.dataset.theme !== theme()) button.click();
}
