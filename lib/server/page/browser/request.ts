/** Requests to the server that gave the page, and what a refusal says. */
import { byId } from '../../../explain/browser/elements.js';

/** The page may be mounted at a path of its own, with a slash at its end or without. */
export const root = location.pathname.replace(/\/?$/, '/');

/** The key is kept in this page alone, and gone with it. The model is unknown until the server has named its own. */
export const session: { key: string; model: string | undefined } = { key: '', model: undefined };

/** An answer that is none, with the server's reason as its message. */
export class Refusal extends Error {
  constructor(
    message: string,
    /** Of HTTP, 0 where the server did not answer. */
    readonly status: number,
    /** Seconds to wait, NaN where the server names none. */
    readonly retryAfter = Number.NaN,
  ) {
    super(message);
  }
}

/** The message of an error of OpenAI's routes or of the others. A proxy in between may answer with any text. */
function messageOf(text: string, status: number): string {
  try {
    const { error } = JSON.parse(text);
    const message: unknown = typeof error === 'string' ? error : error.message;
    if (typeof message === 'string' && message !== '') return message;
  } catch {
    // Not an error of this server.
  }
  return `the server answered with status ${status}`;
}

async function send(path: string, body: object | undefined, signal: AbortSignal | undefined) {
  const headers = new Headers();
  if (session.key) headers.set('authorization', `Bearer ${session.key}`);
  if (body) headers.set('content-type', 'application/json');
  try {
    return await fetch(root + path, {
      method: body ? 'POST' : 'GET',
      headers,
      body: body ? JSON.stringify(body) : null,
      signal: signal ?? null,
      cache: 'no-store',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal('the server does not answer', 0);
  }
}

/** @throws Refusal */
export async function ask(path: string, body?: object, signal?: AbortSignal): Promise<Response> {
  const response = await send(path, body, signal);
  if (response.ok) return response;
  const text = await response.text().catch(() => '');
  if (response.status === 401) askForKey();
  const retryAfter = Number(response.headers.get('retry-after') || Number.NaN);
  throw new Refusal(messageOf(text, response.status), response.status, retryAfter);
}

function askForKey(): void {
  const form = byId('key-form');
  if (!form.hidden) return;
  form.hidden = false;
  if (document.activeElement === document.body) byId('key').focus();
}
