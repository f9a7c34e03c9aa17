/**
 * Mutated model directories: they load and give finite numbers, or they are refused with a typed error. Some are
 * written over while the model is in use.
 */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Encoder, EncoderDecoder, loadSafetensors } from '../../../lib/index.js';
import { pipeline } from '../../../lib/transformers/index.js';
import { allModels, applyMutation, copyModel, type Mutation, randomMutation } from '../model_mutation.js';
import { Random } from '../random.js';
import { sameBits } from '../same.js';
import { expectThat, outcome, type Target } from '../target.js';
import { TEXTS } from '../texts.js';

const DISTURBANCES = ['truncate', 'overwrite', 'rename', 'remove'] as const;

interface Input {
  model: string;
  mutations: Mutation[];
  dtype: 'float32' | 'int8';
  texts: number[];
  task: 'encode' | 'tokens' | 'explain' | 'int8' | 'fill-mask' | 'text-classification' | 'feature-extraction';
  /** What happens to the weights files between two calls, or during one. */
  disturbance: (typeof DISTURBANCES)[number] | null;
  during: boolean;
  seed: number;
}

function generate(random: Random): Input {
  const model = random.pick(allModels());
  const head = model.directory.includes('/heads/');
  const tasks = head ? (['fill-mask', 'text-classification'] as const) : [];
  const disturbance = random.chance(0.15) ? random.pick(DISTURBANCES) : null;
  return {
    model: model.directory,
    mutations: random.list(disturbance ? 0 : random.pick([0, 1, 1, 1, 1, 2, 3]), () =>
      randomMutation(random, model),
    ),
    dtype: random.pick(['float32', 'float32', 'int8']),
    texts: random.list(random.integer(1, 4), () => random.integer(0, TEXTS.length - 1)),
    task: random.pick([
      ...tasks,
      ...tasks,
      'encode',
      'encode',
      'tokens',
      'explain',
      'int8',
      'feature-extraction',
    ]),
    disturbance,
    during: random.chance(0.5),
    seed: random.seed(),
  };
}

/** Weights of a few layers below it give finite numbers for ordinary inputs. */
const HUGE = 1e6;

function finite(data: Float32Array | readonly number[], of: string): void {
  const bad = data.findIndex((x) => !Number.isFinite(x));
  expectThat(bad < 0, `${of}: number ${bad} is ${data[bad]}`);
}

function disturb(folder: string, { disturbance, seed }: Input): void {
  const random = new Random(seed);
  const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
  for (const path of files.map((name) => join(folder, name))) {
    const { size } = statSync(path);
    if (disturbance === 'truncate') truncateSync(path, random.pick([0, 8, 4096, size >> 1]));
    if (disturbance === 'remove') rmSync(path);
    if (disturbance === 'rename') {
      rmSync(path);
      writeFileSync(path, Buffer.alloc(size, 0xff));
    }
    if (disturbance === 'overwrite') {
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(size, random.pick([0, 0xff, 0x7f])), 0, size, 0);
      closeSync(file);
    }
  }
}

/** Before and after, or meanwhile: the same numbers, or a typed error. */
async function encodeDisturbed(
  encoder: Encoder,
  folder: string,
  input: Input,
  texts: string[],
): Promise<void> {
  const before = await encoder.encode(texts);
  const running = input.during ? outcome(() => encoder.encode(texts)) : null;
  disturb(folder, input);
  for (const { value } of [...(running ? [await running] : []), await outcome(() => encoder.encode(texts))]) {
    if (value === undefined) continue;
    expectThat(
      sameBits(value.data, before.data),
      `other numbers after ${input.disturbance} of the weights file`,
    );
  }
}

async function encode(folder: string, input: Input, texts: string[]): Promise<void> {
  const encoder = await Encoder.load(folder, { dtype: input.dtype });
  try {
    if (input.disturbance !== null) return await encodeDisturbed(encoder, folder, input, texts);
    if (input.task === 'tokens') {
      const states = await encoder.encode(texts, { outputValue: 'token' });
      for (const { data } of states) finite(data, 'token states');
    } else if (input.task === 'explain') {
      const { layers } = await encoder.explain(texts[0]!);
      for (const { name, parts } of layers) for (const { weights } of parts) finite(weights, name);
    } else if (input.task === 'int8') {
      await encoder.encode(texts, { precision: 'int8' });
    } else {
      const { data, shape } = await encoder.encode(texts);
      expectThat(shape[0] === texts.length && shape[1] === encoder.dimensions, `shape [${shape}]`);
      finite(data, 'embeddings');
      const alone = await encoder.encode(texts[0]!);
      expectThat(sameBits(alone.data, data.subarray(0, encoder.dimensions)), 'a text alone has other bits');
    }
  } finally {
    const late = input.seed % 4 === 0 ? outcome(() => encoder.encode(texts)) : null;
    encoder.dispose();
    await late;
  }
}

async function useHead(folder: string, { task, dtype }: Input, texts: string[]): Promise<void> {
  const options = { dtype: dtype === 'int8' ? ('q8' as const) : ('fp32' as const), local_files_only: true };
  if (task === 'feature-extraction') {
    const extract = await pipeline('feature-extraction', folder, options);
    try {
      const { data } = await extract(texts, { pooling: 'mean' });
      finite(data as Float32Array, 'features');
    } finally {
      await extract.dispose();
    }
    return;
  }
  const run = await pipeline(task as 'fill-mask', folder, options);
  try {
    const all = await run(texts, { top_k: 3 });
    finite(
      [all].flat(2).map(({ score }) => score),
      'scores',
    );
  } finally {
    await run.dispose();
  }
}

async function useLayers(folder: string): Promise<void> {
  const tables = await loadSafetensors(join(folder, 'tables.safetensors'));
  for (const [name, { data }] of Object.entries(tables)) void [name, data.length];
  const model = await EncoderDecoder.load(folder);
  const features = model.getBuildConfig()!.queryShape.at(-1)!;
  const random = new Random(7);
  const draw = (length: number) => ({
    data: Float32Array.from({ length: length * features }, () => random.next() - 0.5),
    shape: [1, length, features],
  });
  const output = await model.callAsync(draw(5), { target: draw(3) });
  // Squares of such weights, or sums of their products, exceed float32: what a layer gives then is not finite.
  const huge = model.weights.some(({ tensor }) => tensor.data.some((x) => !(Math.abs(x) < HUGE)));
  if (!huge) finite(output.data, 'output');
  model.dispose();
}

export const modelsTarget: Target<Input> = {
  name: 'models',
  generate,
  async run(input) {
    const folder = mkdtempSync(join(tmpdir(), 'synthetic-attention-fuzz-model-'));
    try {
      copyModel(input.model, folder);
      for (const mutation of input.mutations) applyMutation(folder, mutation);
      const texts = input.texts.map((at) => TEXTS[at]!);
      if (input.model.startsWith('docs/')) await useLayers(folder);
      else if (['fill-mask', 'text-classification', 'feature-extraction'].includes(input.task)) {
        await useHead(folder, input, texts);
      } else await encode(folder, input, texts);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
