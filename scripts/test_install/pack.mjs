// The tarball of this checkout, as `npm pack` makes it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from './execute.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

export function packTarball(workspace) {
  const destination = workspace.make('packed');
  // npm hands its settings down to scripts as variables, which must not change this npm's.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  // Lifecycle scripts of `npm pack` write between the lines of its report.
  process.stderr.write(
    execute(process.execPath, ['scripts/prepack.mjs'], { cwd: root, env, seconds: 600 }).stderr,
  );
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
  const report = JSON.parse(execute('npm', args, { cwd: root, env }).stdout);
  return join(destination, Object.values(report)[0].filename);
}
