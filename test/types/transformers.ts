/**
 * The types of synthetic-attention/transformers, held by the compiler (npm run lint): what programs write against the
 * types of @huggingface/transformers compiles here too. An unused @ts-expect-error is an error, so every line can fail.
 */
import { expectTypeOf } from 'expect-type';
import {
  type AllTasks,
  AutoTokenizer,
  cos_sim,
  type DataType,
  dot,
  env,
  type FeatureExtractionPipeline,
  type FeatureExtractionPipelineOptions,
  type FillMaskOutput,
  matmul,
  type PipelineType,
  type PretrainedModelOptions,
  type ProgressCallback,
  pipeline,
  Tensor,
  type TextClassificationOutput,
} from '../../lib/transformers/index.js';

/** A class that makes its pipeline once, as the guides of transformers.js have it. */
// biome-ignore lint/complexity/noStaticOnlyClass: that is how they have it
export class Embedder {
  static task = 'feature-extraction' as const;
  static model = 'Xenova/all-MiniLM-L6-v2';
  static instance: Promise<FeatureExtractionPipeline> | null = null;

  static getInstance(progress_callback?: ProgressCallback): Promise<FeatureExtractionPipeline> {
    Embedder.instance ??= pipeline(
      Embedder.task,
      Embedder.model,
      progress_callback === undefined ? {} : { progress_callback },
    );
    return Embedder.instance;
  }
}

export async function program(): Promise<void> {
  env.allowRemoteModels = false;
  env.localModelPath = '/models';
  env.cacheDir = './.cache';
  env.backends.onnx.wasm.numThreads = 1;

  const extractor = await pipeline('feature-extraction', 'Xenova/all-MiniLM-L6-v2', {
    dtype: 'q8',
    device: 'cpu',
    revision: 'main',
    cache_dir: './.cache',
    local_files_only: true,
    session_options: { intraOpNumThreads: 1 },
    progress_callback: (progress) => {
      if (progress.status === 'progress') console.log(progress.file, progress.progress.toFixed(1));
    },
  });
  expectTypeOf(extractor).toEqualTypeOf<FeatureExtractionPipeline>();

  const output = await extractor(['a', 'b'], { pooling: 'mean', normalize: true });
  expectTypeOf(output).toEqualTypeOf<Tensor>();
  expectTypeOf(output.dims).toEqualTypeOf<number[]>();
  expectTypeOf(output.type).toEqualTypeOf<DataType>();
  const list: number[][] = output.tolist();
  const first: number[] = Array.from(output.data);
  const typed = output.data as Float32Array;
  console.log(list, first, typed, cos_sim(list[0]!, list[1]!), dot(first, first));
  expectTypeOf(output[0]!).toEqualTypeOf<Tensor>();
  for (const row of output) console.log(row.data);
  expectTypeOf(await matmul(output, output.transpose(1, 0))).toEqualTypeOf<Tensor>();
  expectTypeOf(output.slice(null, [0, 256]).normalize(2, -1)).toEqualTypeOf<Tensor>();
  await extractor.dispose();

  const unmasker = await pipeline('fill-mask', 'Xenova/bert-base-uncased');
  expectTypeOf(await unmasker('a [MASK]', { top_k: 3 })).toEqualTypeOf<FillMaskOutput>();
  expectTypeOf(await unmasker(['a [MASK]'])).toEqualTypeOf<FillMaskOutput[]>();

  const classifier = await pipeline('sentiment-analysis');
  expectTypeOf(await classifier('good')).toEqualTypeOf<TextClassificationOutput>();
  expectTypeOf(await classifier(['good', 'bad'])).toEqualTypeOf<TextClassificationOutput>();
  expectTypeOf(await classifier(['good'], { top_k: 2 })).toEqualTypeOf<TextClassificationOutput[]>();
  expectTypeOf(await classifier(['good'], { top_k: null })).toEqualTypeOf<TextClassificationOutput[]>();

  const tokenizer = await AutoTokenizer.from_pretrained('Xenova/all-MiniLM-L6-v2');
  expectTypeOf(tokenizer('a').input_ids).toEqualTypeOf<Tensor>();
  expectTypeOf(tokenizer('a', { return_tensor: false }).input_ids).toEqualTypeOf<number[][]>();
  new Tensor('float32', new Float32Array(2), [2]);

  // @ts-expect-error a task that this package does not have
  await pipeline('translation', 'a');
  // @ts-expect-error weights in 4 bits
  await pipeline('feature-extraction', 'a', { dtype: 'q4' });
  // @ts-expect-error a pooling by another name
  await extractor('a', { pooling: 'median' });
  // @ts-expect-error a list of texts, not of lists
  await extractor([['a']]);
}

expectTypeOf<PipelineType>().toEqualTypeOf<
  'feature-extraction' | 'embeddings' | 'fill-mask' | 'text-classification' | 'sentiment-analysis'
>();
expectTypeOf<AllTasks['embeddings']>().toEqualTypeOf<FeatureExtractionPipeline>();
expectTypeOf<PretrainedModelOptions>().toHaveProperty('dtype');
expectTypeOf<FeatureExtractionPipelineOptions>().toHaveProperty('quantize');
