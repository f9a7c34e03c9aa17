/** The "received" half of the sentences about files. */

import type { StatsBase } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/**
 * Names a failed system call, for example "EACCES (permission denied)". Node's own message is not used where
 * the error number is known, because it quotes the path of the temporary file, which the user never named.
 */
export function systemErrorReason(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  if (known !== undefined) return `${known[0]} (${known[1]})`;
  return code === undefined ? message : `${code} (${message})`;
}

/** Says in words what a path leads to, for example "a directory". */
export function fileKind(stats: StatsBase<number | bigint>): string {
  if (stats.isFile()) return 'a regular file';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  if (stats.isCharacterDevice()) return 'a character device';
  if (stats.isBlockDevice()) return 'a block device';
  return 'a file of unknown kind';
}
