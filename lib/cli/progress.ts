/** Progress of `encode` on stderr: a bar on a terminal, log lines elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

export interface Counts {
  texts: number;
  tokens: number;
  /** Bytes of input that are done. */
  bytes: number;
}

export interface Progress {
  update(counts: Counts): void;
  stop(): void;
}

const LOG_EVERY_MS = 5000;

export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

interface Figures {
  percent: number | undefined;
  textRate: string;
  tokenRate: string;
  left: string;
}

/** @param before what was done when the clock started */
function figures(counts: Counts, before: Counts, size: number | undefined, seconds: number): Figures {
  const share = size === undefined ? undefined : size === 0 ? 1 : Math.min(1, counts.bytes / size);
  const rate = (n: number) => count(seconds > 0 ? n / seconds : 0);
  const shareBefore = size === undefined || size === 0 ? 0 : before.bytes / size;
  const gained = (share ?? 0) - shareBefore;
  const left =
    share === undefined
      ? 'unknown'
      : gained <= 0 && share < 1
        ? '...'
        : duration(share === 1 ? 0 : (seconds * (1 - share)) / gained);
  return {
    percent: share === undefined ? undefined : Math.floor(100 * share),
    textRate: rate(counts.texts - before.texts),
    tokenRate: rate(counts.tokens - before.tokens),
    left,
  };
}

/**
 * @param size bytes of input, undefined when they cannot be known
 * @param before what an earlier run has done, which counts for the bar and not for the rates
 */
export function createProgress(
  stderr: NodeJS.WriteStream,
  size: number | undefined,
  quiet: boolean,
  before: Counts = { texts: 0, tokens: 0, bytes: 0 },
): Progress {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  if (quiet) return { update() {}, stop() {} };
  if (stderr.isTTY) {
    const rest = '{texts} texts | {textRate} texts/s | {tokenRate} tokens/s';
    const format = size === undefined ? rest : `{bar} {percent} % | ${rest} | {left} left`;
    const bar = new SingleBar(
      { format, stream: stderr, hideCursor: true, clearOnComplete: true },
      Presets.shades_classic,
    );
    const payload = (counts: Counts) => ({
      texts: count(counts.texts),
      ...figures(counts, before, size, seconds()),
    });
    bar.start(size || 1, 0, payload(before));
    return {
      update: (counts) => bar.update(size === undefined ? 0 : counts.bytes, payload(counts)),
      stop: () => bar.stop(),
    };
  }
  let last = start;
  return {
    update(counts) {
      if (performance.now() - last < LOG_EVERY_MS) return;
      last = performance.now();
      const { percent, textRate, tokenRate, left } = figures(counts, before, size, seconds());
      const share = percent === undefined ? '' : ` (${percent} %, ${left} left)`;
      stderr.write(
        `encoded ${count(counts.texts)} texts${share}: ${textRate} texts/s, ${tokenRate} tokens/s\n`,
      );
    },
    stop() {},
  };
}
