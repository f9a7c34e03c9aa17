/** What replaced heads cost and bring, as a table in Markdown. */
import type { Synthesis } from '../models/convert/synthesize/synthesize.js';

export function tradeOffTable({ heads, points }: Synthesis): string {
  const rows = points.map((point) => [
    `${point.heads} of ${heads}`,
    point.meanCosine.toFixed(4),
    point.lowCosine.toFixed(4),
    `${point.speedup.toFixed(2)} x`,
    Math.round(point.tokensPerSecond).toLocaleString('en-US'),
  ]);
  const head = ['static heads', 'cosine, mean', 'cosine, 1st percentile', 'speed', 'tokens/s'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return [head, head.map(() => '---'), ...rows].map(line).join('');
}
