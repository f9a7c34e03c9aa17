// build/runtimes: the packed package as npm would unpack it, and tools from npm, each in a folder of its own.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { run, Skip, succeed } from './outcome.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const base = join(root, 'build', 'runtimes');
/** A project that has installed the package. */
export const project = join(base, 'project');
export const installed = join(project, 'node_modules', 'synthetic-attention');

export async function preparePackage() {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', project];
  const packed = JSON.parse(await succeed('npm', args, { cwd: root }));
  const { filename } = Object.values(packed)[0];
  await succeed('tar', ['-xzf', join(project, filename), '-C', project]);
  cpSync(join(project, 'package'), installed, { recursive: true });
  rmSync(join(project, 'package'), { recursive: true });
  const { addonPath } = (await import(pathToFileURL(join(root, 'dist/index.js')).href)).info();
  // Where a package finds the addon of its platform; `npm pack` without scripts may have packed none.
  const tag = await succeed(process.execPath, [
    '-p',
    'process.report.getReport().header.glibcVersionRuntime ? "glibc" : "musl"',
  ]);
  const platform = `${process.platform}-${process.arch}`;
  const folder = join(
    installed,
    'prebuilds',
    process.platform === 'linux' ? `${platform}-${tag.trim()}` : platform,
  );
  mkdirSync(folder, { recursive: true });
  copyFileSync(addonPath, join(folder, 'synthetic_attention.node'));
  writeFileSync(
    join(project, 'package.json'),
    '{"name": "project", "private": true, "dependencies": {"synthetic-attention": "*"}}',
  );
  cpSync(join(root, 'test/runtimes'), project, { recursive: true });
}

/**
 * A folder with packages of npm, installed once. No install script runs: some would download from elsewhere.
 * @param packages such as `webpack@5`
 */
export async function tools(name, ...packages) {
  const folder = join(base, 'tools', name);
  const wanted = packages.join(' ');
  const stamp = join(folder, 'installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...packages];
  const { status, stderr } = await run('npm', args, { cwd: folder });
  if (status !== 0)
    throw new Skip(`npm did not install ${wanted}: ${stderr.trim().split('\n').slice(0, 3).join(' ')}`);
  writeFileSync(stamp, wanted);
  return folder;
}

/** A package that `tools` has installed. */
export const load = (folder, name) => createRequire(join(folder, 'package.json'))(name);

/** The folder of one. */
export const folderOf = (folder, name) =>
  dirname(createRequire(join(folder, 'package.json')).resolve(`${name}/package.json`));
