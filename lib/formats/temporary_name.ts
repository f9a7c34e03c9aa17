/**
 * Names of the hidden files beside an output: its lock and the temporary files that become it.
 *
 * Every name begins with a stem that stands for the output's own name, so that a later run can tell which of the
 * hidden files belong to its output.
 */
import { basename, dirname, join } from 'node:path';

/** Characters of a longer name that the stem keeps, so that no hidden name exceeds 255 bytes. */
const KEPT = 50;

/** FNV-1a. Names that share their first characters, such as those of many shards, still differ in the stem. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}

function stem(path: string): string {
  const name = basename(path);
  const characters = [...name];
  return characters.length <= KEPT ? name : `${characters.slice(0, KEPT).join('')}~${hash(name)}`;
}

/** @param path of the output, without links */
export function lockPath(path: string): string {
  return join(dirname(path), `.${stem(path)}.lock`);
}

/** A new name at every call. */
export function temporaryPath(path: string, suffix: string): string {
  // The global loads node:crypto when it is first used, an import at once.
  const random = crypto.randomUUID().slice(24);
  return join(dirname(path), `.${stem(path)}.${process.pid}-${random}${suffix}`);
}

/** Whether `name`, in the directory of `path`, is one that `temporaryPath` gave in this process or another one. */
export function isTemporaryOf(path: string, name: string, suffix: string): boolean {
  const start = `.${stem(path)}.`;
  return (
    name.startsWith(start) &&
    name.endsWith(suffix) &&
    /^\d+-[0-9a-f]{12}$/.test(name.slice(start.length, name.length - suffix.length))
  );
}
