/** Names of tokens on the axes of a map. */
import { keyTokens, queryTokens } from './data.js';
import { contextOf, css } from './elements.js';

export const FONT = '12px system-ui, sans-serif';
/** Angle of the names above the columns. */
export const SLOPE = -0.95;
const LONGEST = 100;

interface Labels {
  texts: string[];
  /** Width of the widest one. */
  longest: number;
}

/** Cut between letters as a reader sees them: an emoji may be many characters. */
function shortened(context: CanvasRenderingContext2D, token: string): string {
  if (token === '') return '∅';
  // Firefox has no segmenter before version 125.
  const letters = Intl.Segmenter
    ? Array.from(new Intl.Segmenter().segment(token), ({ segment }) => segment)
    : Array.from(token);
  let text = token;
  for (let n = letters.length - 1; n > 0 && context.measureText(text).width > LONGEST; n--) {
    text = `${letters.slice(0, n).join('')}…`;
  }
  return text;
}

function measured(tokens: readonly string[]): Labels {
  const context = contextOf(document.createElement('canvas'));
  context.font = FONT;
  const texts = tokens.map((token) => shortened(context, token));
  const widest = texts.reduce((width, text) => Math.max(width, context.measureText(text).width), 0);
  return { texts, longest: Math.ceil(Math.min(LONGEST, widest)) };
}

export const labels = { query: measured(queryTokens), key: measured(keyTokens) };

interface Place {
  x: number;
  y: number;
  turn: number;
  align: 'left' | 'right';
}

export function drawLabel(
  context: CanvasRenderingContext2D,
  text: string,
  { x, y, turn, align }: Place,
  marked: boolean,
): void {
  context.save();
  context.translate(x, y);
  context.rotate(turn);
  const width = Math.min(LONGEST, context.measureText(text).width);
  const begin = align === 'right' ? -width : 0;
  if (marked) {
    context.fillStyle = css('--focus');
    context.beginPath();
    context.roundRect(begin - 4, -8, width + 8, 16, 4);
    context.fill();
  }
  // A token may hold marks that reach far above its line.
  context.beginPath();
  context.rect(begin - 2, -8, width + 4, 16);
  context.clip();
  context.fillStyle = css(marked ? '--on-focus' : '--ink');
  context.textAlign = align;
  context.direction = 'ltr';
  context.fillText(text, 0, 0, LONGEST);
  context.restore();
}
