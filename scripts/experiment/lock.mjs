// One experiment at a time writes a file of results. The lock is the kernel's, so a killed process does not keep it.
import { closeSync, constants, fstatSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { info } from '../../dist/index.js';
import { fail } from './fail.mjs';

const LOCKED = 0;
const BUSY = 1;

/** Until the process ends. Removes the temporary files that killed processes left of `output` and its checkpoints. */
export function lockResults(output) {
  const addon = createRequire(import.meta.url)(info().addonPath);
  const [folder, name] = [dirname(output), basename(output)];
  const path = join(folder, `.${name}.lock`);
  for (;;) {
    const fd = openLock(path);
    const result = addon.lockFile({ fd });
    if (result === BUSY) fail('results that no other experiment writes', `${output} of one that runs`);
    // A file system without locks, or the file that the name leads to.
    if (result !== LOCKED) return;
    if (statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) {
      writeSync(fd, `${process.pid}\n`, 0);
      process.once('exit', () => rmSync(path, { force: true }));
      break;
    }
    closeSync(fd);
  }
  for (const file of readdirSync(folder)) {
    if (file.startsWith(name) && /\.\d+\.tmp$/.test(file)) rmSync(join(folder, file), { force: true });
  }
}

function openLock(path) {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return fail('a folder that can be written', `${dirname(path)} (${error.code})`);
  }
}
