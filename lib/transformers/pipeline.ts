/** `pipeline`: a task and a model in, something to call out. */
import { ArgumentError, describe, expectation } from '../errors.js';
import { Engine } from './engine.js';
import { modelDirectory } from './model_source.js';
import { checkDevice, checkPretrained, encoderDType, type PretrainedModelOptions } from './options.js';
import { FeatureExtractionPipeline } from './pipelines/feature_extraction.js';
import { FillMaskPipeline } from './pipelines/fill_mask.js';
import { TextClassificationPipeline } from './pipelines/text_classification.js';

interface Task<P> {
  load(task: string, engine: Engine): Promise<P>;
  /** What transformers.js takes where no model is named. */
  model: string;
}

const featureExtraction: Task<FeatureExtractionPipeline> = {
  load: async (task, engine) => new FeatureExtractionPipeline(task, engine),
  model: 'onnx-community/all-MiniLM-L6-v2-ONNX',
};
const fillMask: Task<FillMaskPipeline> = {
  load: (task, engine) => FillMaskPipeline.load(task, engine),
  model: 'onnx-community/ettin-encoder-32m-ONNX',
};
const textClassification: Task<TextClassificationPipeline> = {
  load: (task, engine) => TextClassificationPipeline.load(task, engine),
  model: 'Xenova/distilbert-base-uncased-finetuned-sst-2-english',
};

const TASKS = {
  'feature-extraction': featureExtraction,
  'fill-mask': fillMask,
  'text-classification': textClassification,
} as const;

const ALIASES = {
  embeddings: 'feature-extraction',
  'sentiment-analysis': 'text-classification',
} as const satisfies Record<string, TaskType>;

export type TaskType = keyof typeof TASKS;
export type AliasType = keyof typeof ALIASES;
export type PipelineType = TaskType | AliasType;

type PipelineOf<T> = T extends Task<infer P> ? P : never;
export type AllTasks = {
  [K in TaskType]: PipelineOf<(typeof TASKS)[K]>;
} & {
  [K in AliasType]: PipelineOf<(typeof TASKS)[(typeof ALIASES)[K]]>;
};

function taskOf(task: unknown): TaskType {
  const name = typeof task === 'string' && Object.hasOwn(ALIASES, task) ? ALIASES[task as AliasType] : task;
  if (typeof name !== 'string' || !Object.hasOwn(TASKS, name)) {
    const known = [...Object.keys(TASKS), ...Object.keys(ALIASES)].join(', ');
    throw new ArgumentError(expectation('task', `one of ${known}`, describe(task), 'range'));
  }
  return name as TaskType;
}

/**
 * @param model a directory, or a name as the Hugging Face hub has it
 * @throws ArgumentError, ModelError, FormatError, FileError with one sentence each
 */
export async function pipeline<T extends PipelineType>(
  task: T,
  model?: string | null,
  options: PretrainedModelOptions = {},
): Promise<AllTasks[T]> {
  checkPretrained('pipeline', options);
  const name = taskOf(task);
  const { load, model: usual } = TASKS[name];
  const dtype = encoderDType(options.dtype);
  checkDevice(options.device);
  const source = model ?? usual;
  const engine = await Engine.load(await modelDirectory(source, options), dtype);
  let made: FeatureExtractionPipeline | FillMaskPipeline | TextClassificationPipeline;
  try {
    made = await load(name, engine);
  } catch (error) {
    engine.dispose();
    throw error;
  }
  options.progress_callback?.({ status: 'ready', task: name, model: source });
  return made as AllTasks[T];
}
