/** One file of the hub becomes a blob of the cache: continued where an earlier download stopped, and checked. */
import { expectation, ModelError } from '../errors.js';
import { type Checksum, hasChecksum } from './checksum.js';
import type { Answer, HubClient } from './client.js';
import { HubFailure, statusFailure } from './failure.js';
import { LostFile, PartialFile } from './partial_file.js';
import { retrying } from './retry.js';
import type { Timing } from './timing.js';

export interface Download {
  /** For messages: the model and the file. */
  subject: string;
  /** Below the endpoint, encoded. */
  address: string;
  /** Where it goes. */
  blob: string;
  checksum: Checksum;
  /** Undefined where the hub does not say. */
  size: number | undefined;
  timing: Timing;
  signal: AbortSignal | undefined;
  onProgress: (loaded: number, total: number | undefined) => void;
}

/** Of files whose size the hub does not say: no answer may fill the disk. */
const MAX_UNKNOWN_BYTES = 64 << 20;
/** An attempt that brings this much is no failure of the kind that is counted. */
const PROGRESS_BYTES = 1 << 20;

/** Bytes that are not those of the file. */
class WrongContent extends ModelError {}

/** @throws HubFailure, ModelError for other bytes than promised, FileError, or the signal's reason */
export async function downloadBlob(client: HubClient, download: Download): Promise<void> {
  const { blob, timing, signal, size, onProgress } = download;
  for (;;) {
    const onWait = (bytes: number): void => onProgress(bytes, size);
    const partial = await PartialFile.obtain(blob, { timing, signal, onWait });
    if (partial === undefined) return;
    try {
      await fill(client, partial, download);
      return await partial.commit();
    } catch (error) {
      if (error instanceof WrongContent) await partial.discard();
      else await partial.release();
      if (!(error instanceof LostFile)) throw error;
    }
  }
}

async function fill(client: HubClient, partial: PartialFile, download: Download): Promise<void> {
  const { checksum, timing, signal } = download;
  const resumed = partial.size > 0;
  for (let again = resumed; ; again = false) {
    let before = partial.size;
    const progressed = (): boolean => {
      const gained = partial.size - before;
      before = partial.size;
      return gained >= PROGRESS_BYTES;
    };
    await retrying(() => receive(client, partial, download), timing, signal, progressed);
    if (await hasChecksum(partial.read(signal), partial.size, checksum)) return;
    // What an earlier download left may be at fault: once more from the beginning.
    if (!again)
      throw wrongContent(download, `${partial.size} bytes with another checksum, which are removed`);
    await partial.restart();
  }
}

/** What is missing of the file, by one request. */
async function receive(client: HubClient, partial: PartialFile, download: Download): Promise<void> {
  const { size, signal, onProgress } = download;
  if (size !== undefined && partial.size > size) await partial.restart();
  if (partial.size === size) return onProgress(size, size);
  const headers: Record<string, string> = partial.size > 0 ? { range: `bytes=${partial.size}-` } : {};
  const answer = await client.request(download.address, signal, { headers });
  const total = await beginAt(partial, answer, size);
  const limit = size ?? MAX_UNKNOWN_BYTES;
  onProgress(partial.size, total);
  for await (const chunk of answer.chunks()) {
    if (partial.size + chunk.byteLength > limit) throw wrongContent(download, 'more than that');
    await partial.write(chunk);
    onProgress(partial.size, total);
  }
  if (total !== undefined && partial.size < total) {
    throw new HubFailure(`${partial.size} of ${total} bytes from ${answer.host}`, { transient: true });
  }
}

/** Brings file and answer to the same place; returns the size of the whole. */
async function beginAt(
  partial: PartialFile,
  answer: Answer,
  size: number | undefined,
): Promise<number | undefined> {
  const { status, headers, host } = answer;
  const length = headers.get('content-length');
  const whole = length === null ? undefined : Number(length);
  if (status === 200) {
    // The server knows no ranges.
    if (partial.size > 0) await partial.restart();
    return size ?? whole;
  }
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status === 206 && Number(range?.[1]) === partial.size) {
    return size ?? (range![2] === '*' ? undefined : Number(range![2]));
  }
  await answer.discard();
  if (status === 206 || status === 416) {
    await partial.restart();
    throw new HubFailure(`status ${status} with another range from ${host}`, { status, transient: true });
  }
  throw statusFailure(status, headers, host);
}

function wrongContent({ subject, checksum, size }: Download, received: string): ModelError {
  const kind = checksum.length === 64 ? 'sha256' : 'git blob';
  const bytes = size === undefined ? `at most ${MAX_UNKNOWN_BYTES}` : size;
  return new WrongContent(expectation(subject, `${bytes} bytes of ${kind} ${checksum}`, received));
}
