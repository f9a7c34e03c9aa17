import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';

/** A directory for the tests of one file; returns a function from a name to a path in it. */
export function useTemporaryDirectory(): (name: string) => string {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'formats-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return (name) => (name === '' ? directory : join(directory, name));
}
