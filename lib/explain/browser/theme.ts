/** Light or dark: what the system prefers, until the button of the page says otherwise. */
import { byId } from './elements.js';

export type Theme = 'light' | 'dark';

const preference = matchMedia('(prefers-color-scheme: dark)');
let chosen: Theme | undefined;

export function theme(): Theme {
  return chosen ?? (preference.matches ? 'dark' : 'light');
}

/** Sets the theme of the document, and the button's label to the other one. */
export function showTheme(): void {
  document.documentElement.dataset.theme = theme();
  byId('theme').textContent = theme() === 'dark' ? 'Light theme' : 'Dark theme';
}

/** @param draw redraws the page after a change of the theme */
export function watchTheme(draw: () => void): void {
  preference.addEventListener('change', () => {
    if (!chosen) draw();
  });
  byId('theme').addEventListener('click', () => {
    chosen = theme() === 'dark' ? 'light' : 'dark';
    draw();
  });
}
