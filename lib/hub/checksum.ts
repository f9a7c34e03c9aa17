/** The two checksums that the hub names files by. */
import { createHash } from 'node:crypto';

/** sha256 of the bytes for large files, the id of the git blob for small ones; lower-case hexadecimal. */
export type Checksum = string;

/** Undefined for what is neither; also takes the form of an ETag. */
export function parseChecksum(value: unknown): Checksum | undefined {
  if (typeof value !== 'string') return undefined;
  const hex = value.replace(/^(?:W\/)?"(.*)"$/, '$1');
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hex) ? hex : undefined;
}

export async function hasChecksum(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  checksum: Checksum,
): Promise<boolean> {
  const hash = createHash(checksum.length === 64 ? 'sha256' : 'sha1');
  if (checksum.length === 40) hash.update(`blob ${size}\0`);
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex') === checksum;
}
