// Sentences on what the figures say about the paper's claims: made from them, so that they cannot say something else.
import { count } from './markdown.mjs';

const BASELINE = 'V';

/** Scores that compare no tokens, and mixtures with those that do. */
const CLAIMS = [
  {
    title: 'Scores that compare no tokens do nearly as well as dot-product attention',
    variants: ['R', 'FR', 'D', 'FD', 'R+D'],
  },
  { title: 'Even scores that are never trained do', variants: ['Fix'] },
  { title: 'Mixed with them, dot-product attention gets better', variants: ['R+V', 'D+V'] },
];

/** "Nearly as well": the paper's own differences are of this size. */
const NEARLY = 0.01;

const points = (difference) => `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(2)}`;

/** Every seed of the one against every seed of the other. */
function beside(row, baseline) {
  if (row.low > baseline.high) return 'every seed above every seed of V';
  if (row.high < baseline.low) return 'every seed below every seed of V';
  return 'seeds overlap with those of V';
}

function ratioText(ratio) {
  return ratio === undefined ? '' : `, ${ratio.toFixed(2)} times the speed`;
}

function sentence(row, baseline) {
  const ratio = row.inference && baseline.inference && row.inference / baseline.inference;
  const difference = points(row.accuracy - baseline.accuracy);
  return `${row.variant}: ${difference} points (${beside(row, baseline)})${ratioText(ratio)}`;
}

/** "all of them", "none", "FR, FD of 4". */
function share(rows, holds) {
  const yes = rows.filter(holds);
  if (yes.length === rows.length) return rows.length === 1 ? 'yes' : 'all of them';
  if (yes.length === 0) return rows.length === 1 ? 'no' : 'none of them';
  return `${yes.map(({ variant }) => variant).join(', ')} of ${rows.length}`;
}

/** How much of the differences the choice of the test split may make: the binomial error of an accuracy. */
export function sampling(rows, reviews) {
  const [lowest, ...others] = [...rows].sort((a, b) => a.accuracy - b.accuracy);
  const highest = others.at(-1);
  if (highest === undefined) return '';
  const error = Math.sqrt((highest.accuracy * (1 - highest.accuracy)) / reviews);
  const range = 100 * (highest.accuracy - lowest.accuracy);
  return `The means lie within ${range.toFixed(2)} points, from ${lowest.variant} to ${highest.variant}. The standard error of one such accuracy, by the choice of the ${count(reviews)} reviews alone, is ${(100 * error).toFixed(2)} points.`;
}

/** @param rows of summary.mjs @returns Markdown; says so where the baseline is missing */
export function findings(rows) {
  const baseline = rows.find(({ variant }) => variant === BASELINE);
  if (baseline === undefined) return `No run of ${BASELINE}: nothing to compare with.\n`;
  const out = [];
  for (const { title, variants } of CLAIMS) {
    const own = rows.filter(({ variant }) => variants.includes(variant));
    if (own.length === 0) continue;
    out.push(`**${title}.**`, `${own.map((row) => sentence(row, baseline)).join('; ')}.`);
    const within = share(own, (row) => row.accuracy >= baseline.accuracy - NEARLY);
    const above = share(own, (row) => row.low > baseline.high);
    out.push(
      `Within ${100 * NEARLY} point of V or better: ${within}. Better in every seed than V in any: ${above}.`,
      '',
    );
  }
  const faster = rows.filter((row) => row !== baseline && row.inference && baseline.inference);
  if (faster.length > 0) {
    const holds = (row) => row.inference > baseline.inference;
    const alone = faster.map((row) => `${row.variant} ${(row.attention / baseline.attention).toFixed(2)}`);
    out.push(
      '**And they are cheaper.**',
      `Faster than V as a whole classifier: ${share(faster, holds)}. One attention layer alone, times the speed of V's: ${alone.join(', ')}.`,
      '',
    );
  }
  return out.join('\n');
}
