import { readdirSync, readlinkSync } from 'node:fs';

/** Paths of the files that this process has open (Linux). */
export function openFiles(): string[] {
  return readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
}
