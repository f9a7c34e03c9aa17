/** The two checksums that the hub names files by. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** sha256 of the bytes for large files, the id of the git blob for small ones; lower-case hexadecimal. */
export type Checksum = string;

/** Undefined for what is neither; also takes the form of an ETag. */
export function parseChecksum(value: unknown): Checksum | undefined {
  if (typeof value !== 'string') return undefined;
  const hex = value.replace(/^(?:W\/)?"(.*)"$/, '$1');
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hex) ? hex : undefined;
}

/** @throws the signal's reason */
export async function hasChecksum(
  path: string,
  checksum: Checksum,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const hash = createHash(checksum.length === 64 ? 'sha256' : 'sha1');
  if (checksum.length === 40) hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex') === checksum;
}
