// Before `npm pack` and `npm publish`: dist/, and an addon for this machine in prebuilds/, so that every tarball works
// where it was made. `npm publish` takes prebuilds/ as it is: scripts/prepublish.mjs has checked it against its sums.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyGypFile } from './gyp_file.mjs';
import { writeSums } from './prebuild/sums.mjs';
import { ADDON, TAGS } from './prebuild/targets.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'build', 'Release', ADDON);
const prebuilt = (tag) => join(root, 'prebuilds', tag, ADDON);
const node = (args, options) => execFileSync(process.execPath, args, { cwd: root, ...options });

/** Time of the last change of what the addon is made of. */
function newestSource() {
  const names = readdirSync(join(root, 'native'), { recursive: true }).map((name) => `native/${name}`);
  return Math.max(...[...names, 'CMakeLists.txt'].map((name) => statSync(join(root, name)).mtimeMs));
}

node(['scripts/prepare.mjs'], { stdio: ['ignore', 2, 2] });
copyGypFile(root);

// The built package says what this machine is, and proves that the addon loads.
const env = { ...process.env, SYNTHETIC_ATTENTION_ADDON: built };
const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const info = node([bin['synthetic-attention'], 'info', '--json'], { env, encoding: 'utf8' });
const { platform } = JSON.parse(info);
const own = prebuilt(platform);
const stale = !existsSync(own) || statSync(own).mtimeMs < newestSource();
if (process.env.npm_command !== 'publish' && stale) {
  mkdirSync(dirname(own), { recursive: true });
  // Never written over: a process may have it loaded.
  rmSync(own, { force: true });
  copyFileSync(built, own);
  const packed = TAGS.filter((tag) => existsSync(prebuilt(tag)));
  writeSums(
    join(root, 'prebuilds'),
    packed.map((tag) => `${tag}/${ADDON}`),
  );
}

const lacking = TAGS.filter((tag) => !existsSync(prebuilt(tag)));
if (lacking.length > 0)
  console.error(`synthetic-attention: the tarball has no addon for ${lacking.join(', ')}`);
