/** Sentences about what went wrong, each at its own place in the page. */
import { byId } from '../../../explain/browser/elements.js';

/** @param text an empty one takes away what was said there */
export function say(id: string, text: string): void {
  const place = byId(id);
  place.textContent = text;
  place.hidden = text === '';
}
