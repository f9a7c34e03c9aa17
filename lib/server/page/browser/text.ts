/** Texts as the page shows them. */

const MOST_CHARACTERS = 140;

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function shortened(text: string): string {
  // A character of Unicode has at most two code units: cut first, for a text may have millions.
  const characters = Array.from(text.slice(0, 2 * MOST_CHARACTERS + 2));
  return characters.length > MOST_CHARACTERS ? `${characters.slice(0, MOST_CHARACTERS).join('')}…` : text;
}

export function quoted(text: string): string {
  return `“${shortened(text)}”`;
}
