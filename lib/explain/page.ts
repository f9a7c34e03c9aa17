/** The page: one HTML document that needs nothing else. */
import type { Explanation } from './explanation.js';

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export function renderPage(explanation: Explanation): string {
  const { title, layers } = explanation;
  return `<!doctype html><title>${escaped(title)}</title>${layers.map(({ name }) => `<p>${escaped(name)}`).join('')}`;
}
