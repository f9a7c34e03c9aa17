/** From --model to a directory, with the progress of a download. */
import type { HubOptions } from '../hub/resolve.js';
import { createDownloadProgress } from './download_progress.js';

export interface ModelChoice {
  /** A directory, or a name at the Hugging Face hub. */
  model: string;
  /** Branch, tag or commit of a model by name. */
  revision?: string;
  /** Models by name come from the cache alone. */
  offline?: boolean;
  quiet?: boolean;
}

export type FindModel = (name: string, options: HubOptions) => Promise<string>;

export async function findModel(
  { model, revision, offline, quiet }: ModelChoice,
  find: FindModel,
  stderr: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<string> {
  const onProgress = createDownloadProgress(stderr, quiet);
  try {
    return await find(model, {
      ...(revision === undefined ? {} : { revision }),
      ...(offline === undefined ? {} : { localFilesOnly: offline }),
      signal,
      onProgress,
    });
  } finally {
    onProgress.stop();
  }
}
