// The folder through which processes and languages exchange operands and results, gone when this process ends.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file of float32. */
export function readFloats(file) {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  // A file's buffer may lie at an odd place of a shared pool.
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

export function writeFloats(file, data) {
  writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Where a worker leaves the result of an item. */
export const outputFile = (folder, item) => join(folder, `out-${item.id}.f32`);

export function exchangeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-peers-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.on('SIGINT', () => process.exit(130));
  return folder;
}
