/** Attention of one sentence: the page that "inspect" writes, in a frame as high as it is. */
export const ATTENTION_SCRIPT = `
let pageUrl;

const explain = latest('attention-alert', async (signal) => {
  const text = byId('sentence').value.trim();
  if (text === '') throw new Refusal('type a sentence first', 0);
  byId('attention-status').textContent = 'Asking the model …';
  try {
    const response = await ask('explain', { inputs: text, model }, signal);
    const blob = new Blob([await response.arrayBuffer()], { type: 'text/html;charset=utf-8' });
    if (signal.aborted) return;
    showPage(blob, text);
  } finally {
    if (!signal.aborted) byId('attention-status').textContent = '';
  }
});

function showPage(blob, text) {
  const old = pageUrl;
  pageUrl = URL.createObjectURL(blob);
  const frame = byId('frame');
  const head = frame.contentWindow.location.hash;
  frame.title = 'Attention in “' + shortened(text) + '”';
  frame.hidden = false;
  /* The same head of another sentence. Replaced, not followed: each sentence would be one more step of going back. */
  frame.contentWindow.location.replace(pageUrl + head);
  byId('save').href = pageUrl;
  byId('save-line').hidden = false;
  if (old) URL.revokeObjectURL(old);
}

function fitFrame() {
  const frame = byId('frame');
  const inner = frame.contentDocument;
  if (!inner || !inner.getElementById('panels')) return;
  /* This page has a button and a last line for both. */
  for (const part of [inner.getElementById('theme'), inner.querySelector('footer')]) part.style.display = 'none';
  frameTheme();
  const fit = () => { frame.style.height = Math.ceil(inner.body.getBoundingClientRect().height) + 'px'; };
  new frame.contentWindow.ResizeObserver(fit).observe(inner.body);
  fit();
}

function frameTheme() {
  const inner = byId('frame').contentDocument;
  const button = inner && inner.getElementById('theme');
  if (button && inner.documentElement.dataset.theme !== theme()) button.click();
}
`;
