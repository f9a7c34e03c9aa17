// Puts the built addon where a published package carries it: prebuilds/<platform>/. Symbols are stripped.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDON, platformTag } from './platform.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'prebuilds', platformTag(), ADDON);
mkdirSync(dirname(target), { recursive: true });
copyFileSync(join(root, 'build', 'Release', ADDON), target);
if (process.platform !== 'win32')
  spawnSync('strip', process.platform === 'darwin' ? ['-x', target] : ['--strip-unneeded', target]);
console.log(`${target}: ${statSync(target).size} bytes`);
