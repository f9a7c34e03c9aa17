// A registry of one package, for package managers that install from a registry alone. In a process of its own, since
// the tests wait for children.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { execute } from './execute.mjs';

const file = fileURLToPath(import.meta.url);

/** @returns {Promise<{url: string, close(): void}>} */
export async function startRegistry(tarball) {
  const child = spawn(process.execPath, [file, tarball], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`the registry ended with ${status}`)));
    child.stdout.once('data', (line) => resolve([String(line).trim()]));
  });
  return { url, close: () => child.kill() };
}

function describe(tarball, url) {
  const manifest = JSON.parse(
    execute('tar', ['-xzOf', tarball, 'package/package.json'], { env: process.env }).stdout,
  );
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  const { name, version } = manifest;
  return {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { ...manifest, dist: { tarball: `${url}/package.tgz`, integrity } } },
  };
}

function serve(tarball) {
  const server = createServer((request, response) => {
    const url = `http://127.0.0.1:${server.address().port}`;
    if (request.url === '/package.tgz') response.end(readFileSync(tarball));
    else if (request.url === '/synthetic-attention') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(describe(tarball, url)));
    } else {
      response.statusCode = 404;
      response.end();
    }
  });
  server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
}

if (process.argv[1] === file) serve(process.argv[2]);
