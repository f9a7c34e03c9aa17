// Packs the package and installs the tarball in empty folders, where PATH has Node and coreutils and no compiler: with
// each package manager, and on each release of Node. Prints a table; ends with 1 when anything fails.
//   npm run test:install                       everything: some minutes the first time, when tools are fetched
//   npm run test:install -- --quick            npm and the Node that runs this, nothing fetched
//   npm run test:install -- pnpm "node 24"     these rows
//   npm run test:install -- --tarball FILE     a tarball that is there already
import { parseArgs } from 'node:util';
import { barePath } from './test_install/bare_path.mjs';
import { managers } from './test_install/managers.mjs';
import { nodes } from './test_install/nodes.mjs';
import { packTarball } from './test_install/pack.mjs';
import { sourceBuild } from './test_install/source_build.mjs';
import { formatTable } from './test_install/table.mjs';
import { Workspace } from './test_install/workspace.mjs';

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, tarball: { type: 'string' }, keep: { type: 'boolean' } },
  allowPositionals: true,
});

const rows = values.quick ? [managers[0], nodes[0]] : [...managers, ...nodes, sourceBuild];
const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
if (unknown.length > 0) {
  console.error(
    `expected rows of ${rows.map(({ name }) => name).join(', ')} but received ${unknown.join(', ')}`,
  );
  process.exit(1);
}

const workspace = new Workspace();
const results = [];
try {
  const tarball = values.tarball ?? packTarball(workspace);
  const context = { tarball, workspace, path: barePath(workspace) };
  for (const row of rows) {
    if (positionals.length > 0 && !positionals.includes(row.name)) continue;
    process.stderr.write(`${row.name} ...\n`);
    results.push({ name: row.name, ...(await row.run(context)) });
  }
} finally {
  if (values.keep) console.error(`kept: ${workspace.folder}`);
  else workspace.remove();
}

console.log(formatTable(results));
const failed = results.filter(({ outcome }) => outcome !== 'passed' && !outcome.startsWith('skipped'));
const skipped = results.filter(({ outcome }) => outcome.startsWith('skipped'));
console.log(
  `${results.length - failed.length - skipped.length} passed, ${failed.length} failed, ${skipped.length} skipped`,
);
if (failed.length > 0) process.exitCode = 1;
