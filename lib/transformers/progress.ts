/** `progress_callback`: a model's files as they are fetched, in transformers.js' words. */

export type ProgressInfo =
  | { status: 'initiate' | 'download' | 'done'; name: string; file: string }
  | { status: 'progress'; name: string; file: string; progress: number; loaded: number; total: number }
  | {
      status: 'progress_total';
      name: string;
      progress: number;
      loaded: number;
      total: number;
      files: Record<string, { loaded: number; total: number }>;
    }
  | { status: 'ready'; task: string; model: string };

export type ProgressCallback = (info: ProgressInfo) => void;

interface FileProgress {
  file: string;
  loaded: number;
  total: number | undefined;
}

function percent(loaded: number, total: number): number {
  return total > 0 ? (100 * loaded) / total : 0;
}

/** Turns the hub's reports into those of transformers.js: each file begins, proceeds and ends once. */
export function progressReporter(
  callback: ProgressCallback | null | undefined,
  name: string,
): ((progress: FileProgress) => void) | undefined {
  if (!callback) return undefined;
  const files: Record<string, { loaded: number; total: number }> = Object.create(null);
  const done = new Set<string>();
  return ({ file, loaded, total = 0 }) => {
    if (files[file] === undefined) {
      callback({ status: 'initiate', name, file });
      callback({ status: 'download', name, file });
    }
    files[file] = { loaded, total };
    callback({ status: 'progress', name, file, progress: percent(loaded, total), loaded, total });
    const all = Object.values(files);
    const sum = (key: 'loaded' | 'total'): number => all.reduce((n, entry) => n + entry[key], 0);
    const [allLoaded, allTotal] = [sum('loaded'), sum('total')];
    callback({
      status: 'progress_total',
      name,
      progress: percent(allLoaded, allTotal),
      loaded: allLoaded,
      total: allTotal,
      files: { ...files },
    });
    if (total > 0 && loaded >= total && !done.has(file)) {
      done.add(file);
      callback({ status: 'done', name, file });
    }
  };
}
