/** Options, errors and edges of `pipeline`. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { ArgumentError, ModelError } from '../../../lib/index.js';
import {
  AutoTokenizer,
  cos_sim,
  env,
  FeatureExtractionPipeline,
  type PretrainedModelOptions,
  type ProgressInfo,
  pipeline,
} from '../../../lib/transformers/index.js';
import { originalOf } from '../../../lib/transformers/originals.js';
import { progressReporter } from '../../../lib/transformers/progress.js';
import { goldenPath } from '../../support/golden.js';

const MODEL = goldenPath('tiny_bert');
const usual = { ...env };

afterEach(() => {
  Object.assign(env, usual);
});

describe('feature extraction', () => {
  it('is an object that is called', async () => {
    const extractor = await pipeline('embeddings', MODEL);
    expect(typeof extractor).toBe('function');
    expect(extractor).toBeInstanceOf(FeatureExtractionPipeline);
    expect(extractor.task).toBe('feature-extraction');
    expect(extractor.model.config.hidden_size).toBe(48);
    await extractor.dispose();
    await expect(extractor('text', { pooling: 'mean' })).rejects.toThrow(/disposed/);
  });

  it('leaves zeros behind the end of a shorter text', async () => {
    const extractor = await pipeline('feature-extraction', MODEL);
    const both = await extractor(['the cat', 'the cat sat on the stone'], { normalize: true });
    const alone = await extractor('the cat', { normalize: true });
    expect([alone.dims, both.dims]).toEqual([
      [1, 4, 48],
      [2, 8, 48],
    ]);
    expect(both.slice(0, [4, null]).norm().item()).toBe(0);
    for (const norm of both.norm(2, -1)[1]!) expect(norm).toBeCloseTo(1, 5);
    const first = await extractor(['the cat'], { pooling: 'first_token', normalize: true });
    expect(cos_sim(first.data, alone[0]![0]!.data)).toBeGreaterThan(0.999999);
    expect(cos_sim(both.slice(0, [0, 4]).data, alone.data)).toBeGreaterThan(0.999999);
    const last = await extractor(['the cat', 'the cat sat on the stone'], { pooling: 'last_token' });
    const states = await extractor('the cat');
    expect(cos_sim(last[0]!.data, states.slice(0, -1).data)).toBeGreaterThan(0.999999);
    expect((await extractor([])).dims).toEqual([0, 0, 48]);
    expect((await extractor([], { pooling: 'mean' })).dims).toEqual([0, 48]);
  });

  it('keeps as many tokens as the tokenizer allows, whatever sentence-transformers says', async () => {
    const extractor = await pipeline('feature-extraction', MODEL);
    const states = await extractor('cat '.repeat(200));
    expect(states.dims).toEqual([1, 96, 48]);
  });

  it('keeps the order of many texts', async () => {
    const texts = Array.from({ length: 70 }, (_, i) => `word ${i} and ${'river '.repeat(i % 7)}`);
    const extractor = await pipeline('feature-extraction', MODEL);
    const all = await extractor(texts, { pooling: 'cls' });
    for (const i of [0, 31, 32, 69]) {
      const alone = await extractor(texts[i]!, { pooling: 'cls' });
      expect(cos_sim(all[i]!.data, alone.data)).toBeGreaterThan(0.999999);
    }
    const classify = await pipeline('text-classification', goldenPath('heads/bert'));
    const labels = await classify(texts, { top_k: null });
    expect(labels).toHaveLength(70);
    expect(labels[69]).toEqual(await classify(texts[69]!, { top_k: null }));
  });

  it('takes 8 bits by any of their names', async () => {
    const exact = await pipeline('feature-extraction', MODEL, { dtype: 'fp16', device: 'cpu' });
    const text = 'the river was cold';
    const expected = await exact(text, { pooling: 'mean' });
    for (const dtype of ['q8', 'int8', 'uint8', { model: 'q8' }] as const) {
      const extractor = await pipeline('feature-extraction', MODEL, { dtype });
      const result = await extractor(text, { pooling: 'mean' });
      expect(result.data).not.toEqual(expected.data);
      expect(cos_sim(result.data, expected.data)).toBeGreaterThan(0.995);
    }
  });

  it.each([
    [
      'pooling',
      { pooling: 'median' },
      /^pooling: expected one of none, mean, cls, .* but received "median"$/,
    ],
    ['normalize', { normalize: 1 }, /^normalize: expected .* but received 1$/],
    ['precision', { pooling: 'mean', quantize: true, precision: 'int8' }, /^precision: expected/],
    ['quantize', { quantize: true }, /^quantize_embeddings: expected dims \[batch, dimensions\]/],
  ])('refuses another %s', async (_, options, message) => {
    const extractor = await pipeline('feature-extraction', MODEL);
    await expect(extractor('text', options as object)).rejects.toThrow(message);
    await expect(extractor(['a', 3] as string[])).rejects.toThrow(
      'texts[1]: expected a string but received 3',
    );
    await expect(extractor(null as unknown as string)).rejects.toThrow(ArgumentError);
  });
});

describe('other tasks', () => {
  it('names the text without a mask', async () => {
    const fill = await pipeline('fill-mask', goldenPath('heads/bert'));
    await expect(fill('no mask')).rejects.toThrow(
      'text: expected the mask token [MASK] but received "no mask"',
    );
    await expect(fill('[MASK]', { top_k: 0 })).rejects.toThrow(ArgumentError);
    expect(await fill('[MASK]')).toHaveLength(5);
    expect(await fill([])).toEqual([]);
    await fill.dispose();
    await expect(fill('[MASK]')).rejects.toThrow(/disposed/);
  });

  it('names the tensor of a head that is not there', async () => {
    await expect(pipeline('fill-mask', MODEL)).rejects.toThrow(
      /model\.safetensors: expected a tensor cls\.predictions\.transform\.dense\.weight but received none of this name$/,
    );
    await expect(pipeline('sentiment-analysis', goldenPath('encoders/gte'))).rejects.toThrow(ModelError);
  });
});

describe('options', () => {
  it.each<[string, string, PretrainedModelOptions, RegExp]>([
    ['task', 'translation', {}, /^task: expected one of feature-extraction, .* but received "translation"$/],
    [
      'dtype',
      'embeddings',
      { dtype: 'q4' as 'q8' },
      /^dtype: expected one of auto, fp32, .* but received "q4"$/,
    ],
    [
      'device',
      'embeddings',
      { device: 'webgpu' as 'cpu' },
      /^device: expected one of auto, cpu, .*"webgpu"$/,
    ],
  ])('refuses another %s', async (_, task, options, message) => {
    await expect(pipeline(task as 'embeddings', MODEL, options)).rejects.toThrow(message);
  });

  it('finds models by env', async () => {
    env.localModelPath = goldenPath('');
    await (await pipeline('feature-extraction', 'tiny_bert')).dispose();
    await (await pipeline('fill-mask', 'heads/bert')).dispose();
    env.allowRemoteModels = false;
    await expect(pipeline('feature-extraction', 'no/such-model')).rejects.toThrow(ModelError);
    await expect(pipeline('feature-extraction', '../golden/tiny_bert/none')).rejects.toThrow(ModelError);
    env.allowLocalModels = false;
    await expect(pipeline('feature-extraction', 'tiny_bert')).rejects.toThrow(ModelError);
  });

  it('knows the originals of ONNX copies', () => {
    expect(originalOf('Xenova/all-MiniLM-L6-v2')).toBe('sentence-transformers/all-MiniLM-L6-v2');
    expect(originalOf('someone/else')).toBe('someone/else');
  });

  it('tells when a model is ready, and of files as they come', async () => {
    const seen: ProgressInfo[] = [];
    await pipeline('feature-extraction', MODEL, { progress_callback: (info) => seen.push(info) });
    expect(seen.at(-1)).toEqual({ status: 'ready', task: 'feature-extraction', model: MODEL });
    seen.length = 0;
    const report = progressReporter((info) => seen.push(info), 'a/b')!;
    report({ file: 'x', loaded: 1, total: 4 });
    report({ file: 'x', loaded: 4, total: 4 });
    report({ file: 'x', loaded: 4, total: 4 });
    expect(seen.map(({ status }) => status)).toEqual([
      ...['initiate', 'download', 'progress', 'progress_total'],
      ...['progress', 'progress_total', 'done', 'progress', 'progress_total'],
    ]);
    expect(seen[4]).toEqual({
      status: 'progress',
      name: 'a/b',
      file: 'x',
      progress: 100,
      loaded: 4,
      total: 4,
    });
    expect(progressReporter(null, 'a/b')).toBeUndefined();
  });
});

describe('tokenizer', () => {
  it('gives ids, tokens and text', async () => {
    const tokenizer = await AutoTokenizer.from_pretrained(MODEL);
    expect([tokenizer.mask_token, tokenizer.mask_token_id, tokenizer.pad_token_id]).toEqual(['[MASK]', 4, 0]);
    expect(tokenizer.model_max_length).toBe(96);
    expect(tokenizer.tokenize('the walking cat')).toEqual(['the', 'walk', '##ing', 'cat']);
    const ids = tokenizer.encode('the walking cat');
    expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe('the walking cat');
    const { input_ids, attention_mask } = tokenizer(['the walking cat', 'the'], { padding: true });
    expect(input_ids.tolist()[0].map(Number)).toEqual(ids);
    expect(attention_mask.tolist()[1]).toEqual([1n, 1n, 1n, 0n, 0n, 0n]);
    expect(tokenizer.batch_decode(input_ids, { skip_special_tokens: true })).toEqual([
      'the walking cat',
      'the',
    ]);
    const plain = tokenizer('the cat', { return_tensor: false, truncation: true, max_length: 3 });
    expect(plain.input_ids[0]).toHaveLength(3);
    expect(() => tokenizer(['the walking cat', 'the'])).toThrow(ArgumentError);
    expect(() => tokenizer.decode('x' as unknown as number[])).toThrow(ArgumentError);
  });
});
