/** `synthetic-attention build`: the native addon from source, for platforms without a prebuilt one. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { packageRoot } from '../package_root.js';

export function buildCommand(): Command {
  return new Command('build')
    .description(
      'Compile the native addon, on a platform without a prebuilt one. Needs a C++17 compiler, cmake, and the npm packages cmake-js and node-addon-api.',
    )
    .addOption(
      new Option('--with <tool>', 'build with this tool only (default: cmake-js, then node-gyp)').choices([
        'cmake-js',
        'node-gyp',
      ]),
    )
    .option('--verbose', 'show what the compiler prints')
    .action((options: { with?: string; verbose?: boolean }) => {
      const script = join(packageRoot(), 'scripts/build_native.mjs');
      const args = [
        ...(options.with ? ['--with', options.with] : []),
        ...(options.verbose ? ['--verbose'] : []),
      ];
      // The build tools are programs of Node, whatever runs this command.
      const node = process.versions.bun || 'deno' in process.versions ? 'node' : process.execPath;
      const { status } = spawnSync(node, [script, ...args], { stdio: 'inherit' });
      process.exitCode = status ?? 1;
    });
}
