/**
 * What contenders need before they can take part: packages, and the model in the formats that they read. Each is
 * looked after once, by the first contender that needs it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installLlama, installPeers } from '../install.mjs';
import { failureOf } from '../processes.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Where packages keep what they can make again. */
const cache = join(here, '..', 'node_modules', '.cache', 'models');

/** A folder for this format of this model, whose name changes with the model and with the script. */
function folderOf(script, model, maxLength) {
  const { mtimeMs, size } = statSync(join(model, 'model.safetensors'));
  const hash = createHash('sha256')
    .update(readFileSync(script))
    .update([realpathSync(model), mtimeMs, size, maxLength].join('\n'))
    .digest('hex');
  return join(cache, `${basename(realpathSync(model))}-${hash.slice(0, 12)}`);
}

/** Made in a folder of its own first: what has been interrupted does not count. */
function make(script, { model, maxLength, python }, folder) {
  if (existsSync(folder)) return undefined;
  const unfinished = `${folder}-${process.pid}`;
  mkdirSync(cache, { recursive: true });
  console.error(`writing ${basename(model)} by ${basename(script)}`);
  const reason = failureOf(python, [script, model, unfinished, String(maxLength)]);
  if (reason) rmSync(unfinished, { recursive: true, force: true });
  else renameSync(unfinished, folder);
  return reason && `${basename(script)}: ${reason}`;
}

/**
 * @param settings {model: the folder with config.json and weights, maxLength, python}
 * @returns {folders: {onnx, gguf}, missing: a function of a contender's needs that gives the reason or undefined}
 */
export function requirements(settings) {
  const formats = ['onnx', 'gguf'].map((format) => [format, join(here, `make_${format}.py`)]);
  const single = existsSync(join(settings.model, 'model.safetensors'));
  const folders = single
    ? Object.fromEntries(
        formats.map(([format, script]) => [format, folderOf(script, settings.model, settings.maxLength)]),
      )
    : {};
  const providers = { packages: installPeers, llama: installLlama };
  for (const [format, script] of formats) {
    providers[format] = () =>
      single ? make(script, settings, folders[format]) : 'needs weights in one file, model.safetensors';
  }
  const known = new Map();
  const missing = (needs) => {
    for (const need of needs) {
      if (!known.has(need)) known.set(need, providers[need]());
      if (known.get(need)) return known.get(need);
    }
    return undefined;
  };
  return { folders, missing };
}
