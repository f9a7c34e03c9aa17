/** Requests to the server that gave the page: the key, the model, and what a refusal says. */
export const REQUEST_SCRIPT = String.raw`
/* The page may be mounted at a path of its own, with a slash at its end or without. */
const root = location.pathname.replace(/\/?$/, '/');
/* Kept in this page alone, and gone with it. */
let key = '';
let model;

class Refusal extends Error {
  constructor(message, status, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/* Errors of OpenAI's routes and of the others; of a proxy in between there may be any text. */
function sentenceOf(text, status) {
  try {
    const { error } = JSON.parse(text);
    const said = typeof error === 'string' ? error : error.message;
    if (typeof said === 'string' && said !== '') return said;
  } catch {
    /* Not one of ours. */
  }
  return 'the server answered with status ' + status;
}

async function ask(path, body, signal) {
  const headers = {};
  if (key) headers.authorization = 'Bearer ' + key;
  if (body) headers['content-type'] = 'application/json';
  let response;
  try {
    response = await fetch(root + path, {
      method: body ? 'POST' : 'GET',
      headers,
      body: body ? JSON.stringify(body) : undefined,
      signal,
      cache: 'no-store',
    });
  } catch (error) {
    if (signal && signal.aborted) throw error;
    throw new Refusal('the server does not answer', 0);
  }
  if (response.ok) return response;
  const text = await response.text().catch(() => '');
  if (response.status === 401) askForKey();
  const seconds = Number(response.headers.get('retry-after') || NaN);
  throw new Refusal(sentenceOf(text, response.status), response.status, seconds);
}

function askForKey() {
  const form = byId('key-form');
  if (!form.hidden) return;
  form.hidden = false;
  if (document.activeElement === document.body) byId('key').focus();
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/* One task at a time: a later call ends the one before it, and what has ended says nothing. */
function latest(alertId, task) {
  let current;
  let timer;
  return async function run() {
    clearTimeout(timer);
    if (current) current.abort();
    const mine = new AbortController();
    current = mine;
    try {
      await task(mine.signal);
      if (!mine.signal.aborted) say(alertId, '');
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      const again = error.status === 429 && error.retryAfter >= 0 && error.retryAfter <= 60;
      const wait = again ? Math.max(1, error.retryAfter) : 0;
      /* The form says it first. */
      if (error.status === 401 && key === '') return;
      say(alertId, capital(error.message) + (again ? ' (next try in ' + wait + ' s)' : ''));
      if (again) timer = setTimeout(run, 1000 * wait);
    }
  };
}
`;
