/** Progress of fetching a model on stderr: a bar on a terminal, log lines elsewhere, nothing where all is there. */
import { Presets, SingleBar } from 'cli-progress';
import type { FetchProgress } from '../hub/options.js';
import { duration } from './progress.js';

/** An `onProgress` for the hub, to be stopped when the model is there or has failed. */
export interface DownloadProgress {
  (progress: FetchProgress): void;
  stop(): void;
}

const LOG_EVERY_MS = 5000;

function megabytes(bytes: number): string {
  return (bytes / 1e6).toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** All files together. */
class Sum {
  readonly #files = new Map<string, FetchProgress>();
  /** What was there before: it counts for the bar and not for the rate. */
  #before = 0;
  readonly #start = performance.now();
  loaded = 0;
  total = 0;

  add(progress: FetchProgress): void {
    const { file, loaded } = progress;
    const last = this.#files.get(file);
    if (last === undefined) this.#before += loaded;
    // A download that begins again falls back.
    this.loaded += loaded - (last?.loaded ?? 0);
    this.total += size(progress) - (last === undefined ? 0 : size(last));
    this.#files.set(file, progress);
  }

  figures(): { megabytes: string; rate: string; left: string } {
    const seconds = (performance.now() - this.#start) / 1000;
    const rate = seconds > 0 ? Math.max(0, this.loaded - this.#before) / seconds : 0;
    return {
      megabytes: `${megabytes(this.loaded)} of ${megabytes(this.total)} MB`,
      rate: `${megabytes(rate)} MB/s`,
      left: rate > 0 ? duration((this.total - this.loaded) / rate) : '...',
    };
  }
}

function size({ loaded, total }: FetchProgress): number {
  return Math.max(total ?? 0, loaded);
}

function isWhole({ loaded, total }: FetchProgress): boolean {
  return loaded === total;
}

export function createDownloadProgress(stderr: NodeJS.WriteStream, quiet = false): DownloadProgress {
  if (quiet) return Object.assign(() => {}, { stop() {} });
  return stderr.isTTY ? bar(stderr) : lines(stderr);
}

function bar(stderr: NodeJS.WriteStream): DownloadProgress {
  const sum = new Sum();
  let shown: SingleBar | undefined;
  const show = (progress: FetchProgress): void => {
    sum.add(progress);
    const payload = { file: progress.file, ...sum.figures() };
    if (shown === undefined) {
      const format = 'fetching {file} {bar} {percentage} % | {megabytes} | {rate} | {left} left';
      const options = { format, stream: stderr, hideCursor: true, clearOnComplete: true };
      shown = new SingleBar(options, Presets.shades_classic);
      shown.start(sum.total || 1, sum.loaded, payload);
      return;
    }
    shown.setTotal(sum.total || 1);
    shown.update(sum.loaded, payload);
  };
  return Object.assign(show, {
    stop(): void {
      shown?.stop();
      shown = undefined;
    },
  });
}

function lines(stderr: NodeJS.WriteStream): DownloadProgress {
  const sum = new Sum();
  const done = new Set<string>();
  let last = performance.now();
  const show = (progress: FetchProgress): void => {
    sum.add(progress);
    const { file } = progress;
    if (isWhole(progress) && !done.has(file)) {
      done.add(file);
      stderr.write(`fetched ${file} (${megabytes(progress.loaded)} MB)\n`);
    } else if (performance.now() - last >= LOG_EVERY_MS) {
      last = performance.now();
      const { megabytes: share, rate, left } = sum.figures();
      stderr.write(`fetching ${file}: ${share}, ${rate}, ${left} left\n`);
    }
  };
  return Object.assign(show, { stop() {} });
}
