import { chmodSync } from 'node:fs';

/** An unprivileged user id ("nobody"). */
const NOBODY = 65534;

/** Whether file modes bind this process, or can be made to. */
export const MODES_BIND = process.geteuid !== undefined;

/** Runs `use` without root's right to ignore file modes; `directory` is opened for everyone. */
export async function asOrdinaryUser<T>(directory: string, use: () => Promise<T>): Promise<T> {
  chmodSync(directory, 0o755);
  if (process.geteuid?.() !== 0) return use();
  process.seteuid?.(NOBODY);
  try {
    return await use();
  } finally {
    process.seteuid?.(0);
  }
}
