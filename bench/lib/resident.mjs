// The most memory that this process has held since it was last asked to forget that.
import { readFileSync, writeFileSync } from 'node:fs';

/** Linux alone can: elsewhere the peak is that of the whole process, loading included. */
export function forgetPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // peakResident() then gives the peak of the whole process.
  }
}

/** In bytes. */
export function peakResident() {
  try {
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return Number(kibibytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
