/**
 * What transformers.js itself gives for test/unit/transformers/programs/embed.mjs.
 *
 * usage: node test/golden/make/make_transformers_js.mjs ONNX_DIR
 *
 * ONNX_DIR is tiny_bert as bench/peers/encode/make_onnx.py writes it; transformers.js is that of bench/peers
 * (npm ci --prefix bench/peers). The program's own import line is followed, so it is copied to where it resolves.
 */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [onnx] = process.argv.slice(2);
if (onnx === undefined) {
  console.error('Error: make_transformers_js.mjs: expected ONNX_DIR but received nothing');
  process.exit(2);
}
const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = resolve(root, 'test/unit/transformers/programs/embed.mjs');
const copy = resolve(root, `bench/peers/.embed.${process.pid}.mjs`);
const { texts } = JSON.parse(readFileSync(resolve(root, 'test/golden/tiny_bert.json'), 'utf8'));
// transformers.js cuts the closing [SEP] of a text that is too long.
const chosen = ['sentence', 'punctuation', 'empty', 'accents', 'cjk', 'emoji', 'numbers', 'special tokens'];
const inputs = chosen.map((name) => texts.find((entry) => entry.name === name).text);

copyFileSync(program, copy);
try {
  const { embed } = await import(pathToFileURL(copy).href);
  const { env } = await import(
    pathToFileURL(
      resolve(root, 'bench/peers/node_modules/@huggingface/transformers/dist/transformers.node.mjs'),
    )
  );
  const result = await embed(dirname(resolve(onnx)), basename(onnx), inputs);
  const digits = (_, value) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value);
  const lines = Object.entries(result).map(([key, value]) => `"${key}": ${JSON.stringify(value, digits)}`);
  writeFileSync(
    resolve(root, 'test/golden/transformers_js.json'),
    `{\n"version": "${env.version}",\n"texts": ${JSON.stringify(inputs)},\n${lines.join(',\n')}\n}\n`,
  );
} finally {
  rmSync(copy);
}
