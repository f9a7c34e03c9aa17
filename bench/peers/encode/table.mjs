// What bench:encode --peers prints.
import { number, table } from '../../lib/report.mjs';

const HEADERS = [
  'runner',
  'version',
  'tokens/s',
  'low..high',
  'lowest cosine to float32',
  'mean cosine',
  'first embedding ms',
  'event-loop p99 ms',
  'resident MiB',
  'note',
];

const whole = (value) => (value === undefined ? '' : value.toFixed(0));
const cosine = (value) => (value === undefined ? '' : value.toFixed(6));

/** @param results of compareEncoders */
export function encodeTable(results) {
  const runners = results.filter(({ unit }) => unit === 'tokens/s');
  const rows = runners.map((r) => {
    const figure = (what) =>
      results.find((other) => other.contender === r.contender && other.case === what)?.median;
    const peak = r.peak && `${number(r.peak)} GFLOP/s of multiply-adds`;
    return [
      r.contender,
      r.version ?? '',
      whole(r.median),
      r.median === undefined ? '' : `${whole(r.low)}..${whole(r.high)}`,
      cosine(r.lowestCosine),
      cosine(r.meanCosine),
      whole(figure('first embedding')),
      number(figure('event-loop delay p99')),
      whole(figure('resident memory')),
      r.reason ?? peak ?? '',
    ];
  });
  return table(HEADERS, rows, 'llrrrrrrrl');
}
