// Declarations by the last compiler that is written in TypeScript; that of this repository is tried by Jest.
import { copyFileSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { succeed } from './outcome.mjs';
import { folderOf, installed, project, tools } from './project.mjs';

const MODES = [
  ['mts', '--module', 'node16'],
  ['cts', '--module', 'node16'],
  ['mts', '--module', 'nodenext'],
  ['cts', '--module', 'nodenext'],
  ['ts', '--module', 'esnext', '--moduleResolution', 'bundler'],
];

async function typescript() {
  const folder = await tools('typescript-5.9', 'typescript@5.9', '@types/node@20', 'fastify@5');
  const target = join(folder, 'node_modules/synthetic-attention');
  rmSync(target, { recursive: true, force: true });
  cpSync(installed, target, { recursive: true });
  const tsc = join(folderOf(folder, 'typescript'), 'bin/tsc');
  const common = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable',
    '--types',
    'node',
  ];
  for (const [extension, ...mode] of MODES) {
    copyFileSync(join(project, 'types.txt'), join(folder, `use.${extension}`));
    await succeed(process.execPath, [tsc, ...common, ...mode, `use.${extension}`], { cwd: folder });
  }
}

export const typescriptCases = { 'typescript 5.9': typescript };
