// Runs in a project that has the package installed, and nothing of the checkout: every export by import and by require,
// one embedding, one layer, one request to the server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const NAME = 'synthetic-attention';
const manifest = require(`${NAME}/package.json`);

/** Exports whose peer dependencies the project may lack: one of them, and what the error then names. */
const PEERS = { './tfjs': { peer: '@tensorflow/tfjs-core', named: /@tensorflow\/tfjs-/ } };

const has = (name) => {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
};

/** Names that a namespace has by the way in which it was loaded. */
const EXTRA = new Set(['default', '__esModule', 'module.exports']);
const names = (namespace) =>
  Object.keys(namespace)
    .filter((name) => !EXTRA.has(name))
    .sort();

async function loadBothWays(path) {
  const specifier = join(NAME, path);
  if (PEERS[path] && !has(PEERS[path].peer)) {
    await assert.rejects(import(specifier), PEERS[path].named, specifier);
    assert.throws(() => require(specifier), PEERS[path].named, specifier);
    return;
  }
  const imported = await import(specifier);
  const required = require(specifier);
  assert.deepEqual(names(imported), names(required), specifier);
  assert.ok(names(imported).length > 0, specifier);
  // One class, one registry, one setting in a process, however a program came by it.
  for (const name of names(imported)) assert.equal(imported[name], required[name], `${specifier}: ${name}`);
}

const paths = Object.keys(manifest.exports).filter((path) => path !== './package.json');
assert.ok(paths.includes('.') && paths.includes('./server'));
for (const path of paths) await loadBothWays(path);

const { Encoder, MultiHeadAttention } = await import(NAME);

const encoder = await Encoder.load();
const { data, shape } = await encoder.encode([
  'A cat sat down.',
  'A kitten took a seat.',
  'Banks lend money.',
]);
assert.deepEqual(shape, [3, 384]);
const cosine = (i, j) => {
  let sum = 0;
  for (let k = 0; k < 384; k++) sum += data[i * 384 + k] * data[j * 384 + k];
  return sum;
};
assert.ok(Math.abs(cosine(0, 0) - 1) < 1e-3);
assert.ok(cosine(0, 1) > cosine(0, 2));

const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4 });
const query = { data: Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)), shape: [1, 3, 8] };
const output = layer.call(query, { value: query });
assert.deepEqual(output.shape, [1, 3, 8]);
assert.ok(output.data.every(Number.isFinite));

/** @param check is given the address of a server by the command */
async function withServer(check) {
  const bin = join(dirname(require.resolve(`${NAME}/package.json`)), manifest.bin[NAME]);
  const server = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => server.once('close', resolve));
  try {
    let log = '';
    const address = await new Promise((resolve, reject) => {
      ended.then((status) => reject(new Error(`the server ended with ${status}: ${log}`)));
      server.stdout.on('data', (chunk) => {
        log += chunk;
        const found = /"address":"([^"]+)"/.exec(log);
        if (found) resolve(found[1]);
      });
    });
    await check(address);
  } finally {
    server.kill('SIGTERM');
  }
  assert.equal(await ended, 0);
}

const post = async (url, body) => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, url);
  return answer.json();
};

async function checkServer(address) {
  const { data: embeddings } = await post(`${address}/v1/embeddings`, {
    model: 'synthesizer-mini',
    input: 'A cat sat down.',
  });
  assert.equal(embeddings[0].embedding.length, 384);
  const [row] = await post(`${address}/embed`, { inputs: 'A cat sat down.' });
  assert.ok(Math.abs(row[0] - data[0]) < 1e-3);
  const metrics = await (await fetch(`${address}/metrics`)).text();
  assert.match(metrics, /te_request_success/);
}

await withServer(checkServer);

if (has('fastify')) {
  const { fastify } = await import('fastify');
  const { embeddingsServer } = await import(`${NAME}/server`);
  const app = fastify();
  await app.register(embeddingsServer, { cors: ['https://example.com'] });
  await checkServer(await app.listen({ port: 0, host: '127.0.0.1' }));
  await app.close();
}

console.log(`the installed package works in Node ${process.versions.node}`);
