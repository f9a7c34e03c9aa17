/** What a prebuilt addon has to be built for: the names of the folders in prebuilds/. */
import { closeSync, openSync, readSync } from 'node:fs';

/** File name of the addon, wherever it is. */
export const ADDON = 'synthetic_attention.node';

/** A program names its dynamic loader within this many bytes. */
const HEADER_BYTES = 4096;

let found: string | undefined;

/** Such as linux-x64-glibc, linux-arm64-musl, darwin-arm64, win32-x64. */
export function platformTag(): string {
  if (found === undefined) {
    const base = `${process.platform}-${process.arch}`;
    found = process.platform === 'linux' ? `${base}-${libcOfProcess()}` : base;
  }
  return found;
}

/**
 * The C library that this process runs with. The path of the dynamic loader in the running program tells it in
 * microseconds; Node's report takes milliseconds, and is read only where the program has no such path.
 */
function libcOfProcess(): string {
  // Deno's programs tell it too, but to read them takes a permission.
  const { Deno } = globalThis as { Deno?: { build?: { env?: string } } };
  if (Deno?.build?.env !== undefined) return Deno.build.env === 'musl' ? 'musl' : 'glibc';
  const header = headerOf(process.execPath);
  if (header.includes('/ld-musl-')) return 'musl';
  if (header.includes('/ld-linux-')) return 'glibc';
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** The beginning of a file as text, empty when it cannot be read. */
function headerOf(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const bytes = Buffer.alloc(HEADER_BYTES);
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, HEADER_BYTES, 0));
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
