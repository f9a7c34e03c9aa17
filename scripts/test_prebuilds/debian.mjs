// Files of Debian packages, of a later release and another architecture as well: fetched by apt with lists of its own
// and unpacked into build/, not installed.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, must, root } from '../prebuild/process.mjs';

/** Its musl 1.2.5 runs Node; the 1.2.3 of the release before crashes. */
const RELEASE = 'trixie';
const folder = join(root, 'build', 'runtimes', `debian-${RELEASE}`);

/** The mirror that this machine uses. */
function mirror() {
  const lists = ['/etc/apt/sources.list', '/etc/apt/sources.list.d']
    .filter((path) => existsSync(path))
    .flatMap((path) => (path.endsWith('.d') ? readdirSync(path).map((name) => join(path, name)) : [path]));
  for (const list of lists) {
    const found = /^(?!#).*?(https?:\/\/\S+\/debian)\/?\s/m.exec(readFileSync(list, 'utf8'));
    if (found) return found[1];
  }
  return undefined;
}

/** Options that keep apt away from the lists of the system. */
function options() {
  const places = { 'Dir::State': 'state', 'Dir::Cache': 'cache', 'Dir::Etc::SourceList': 'sources.list' };
  const settings = Object.entries(places).map(([key, name]) => `${key}=${join(folder, name)}`);
  settings.push('Dir::Etc::SourceParts=-', 'APT::Architectures::=amd64', 'APT::Architectures::=arm64');
  // Reading the lists as another user would fail in a checkout that only its owner can read.
  settings.push('APT::Sandbox::User=root');
  return settings.flatMap((setting) => ['-o', setting]);
}

async function update() {
  if (existsSync(join(folder, 'updated'))) return undefined;
  if ((await execute('apt-get', ['--version'])).status !== 0) return 'there is no apt-get';
  const from = mirror();
  if (from === undefined) return 'the sources of apt name no mirror of Debian';
  for (const name of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(join(folder, 'sources.list'), `deb [signed-by=${key}] ${from} ${RELEASE} main\n`);
  const { status, output } = await execute('apt-get', [...options(), 'update']);
  if (status !== 0) return `apt-get update for ${RELEASE} failed: ${output.trim().split('\n').at(-1)}`;
  writeFileSync(join(folder, 'updated'), '');
  return undefined;
}

/**
 * @param {string} name package, with its architecture, such as musl:arm64
 * @returns {Promise<{ folder?: string, missing?: string }>} where its files lie, or the reason why there are none
 */
export async function debianFiles(name) {
  const files = join(folder, name.replace(':', '_'));
  if (existsSync(files)) return { folder: files };
  const missing = await update();
  if (missing) return { missing };
  const downloads = `${files}.download`;
  rmSync(downloads, { recursive: true, force: true });
  mkdirSync(downloads);
  const { status, output } = await execute('apt-get', [...options(), 'download', name], { cwd: downloads });
  const archive = readdirSync(downloads).find((file) => file.endsWith('.deb'));
  if (status !== 0 || archive === undefined) {
    return { missing: `apt-get gives no ${name} of ${RELEASE}: ${output.trim().split('\n').at(-1)}` };
  }
  await must(name, 'dpkg-deb', ['-x', join(downloads, archive), files]);
  rmSync(downloads, { recursive: true });
  return { folder: files };
}
