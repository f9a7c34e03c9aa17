/** The form that asks for the API key. */
import { byId } from '../../../explain/browser/elements.js';
import { say } from './alert.js';
import { session } from './request.js';

/** What a header may hold, without spaces. */
const KEY = /^[\x21-\x7e]+$/;

/** @param use is called when there is a key */
export function watchKey(use: () => void): void {
  byId('key-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const given = byId<HTMLInputElement>('key').value.trim();
    if (!KEY.test(given)) {
      say('key-alert', 'A key has letters, digits and signs of ASCII alone.');
      return;
    }
    session.key = given;
    say('key-alert', '');
    byId('key-form').hidden = true;
    use();
  });
}
