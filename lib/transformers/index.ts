/**
 * synthetic-attention/transformers: the part of transformers.js' interface that programs with text encoders use.
 * Names and results are those of transformers.js, snake case included; docs/transformers_js.md says where not.
 */

export { AutoTokenizer } from './auto_tokenizer.js';
export { env, LogLevel, type TransformersEnvironment } from './environment.js';
export { cos_sim, dot, log_softmax, softmax } from './maths.js';
export type { DeviceType, PipelineDType, PretrainedModelOptions } from './options.js';
export { type AliasType, type AllTasks, type PipelineType, pipeline, type TaskType } from './pipeline.js';
export {
  FeatureExtractionPipeline,
  type FeatureExtractionPipelineOptions,
} from './pipelines/feature_extraction.js';
export {
  type FillMaskOutput,
  FillMaskPipeline,
  type FillMaskPipelineOptions,
  type FillMaskSingle,
} from './pipelines/fill_mask.js';
export {
  type TextClassificationOutput,
  TextClassificationPipeline,
  type TextClassificationPipelineOptions,
  type TextClassificationSingle,
} from './pipelines/text_classification.js';
export type { ProgressCallback, ProgressInfo } from './progress.js';
export { Tensor } from './tensor.js';
export {
  cat,
  layer_norm,
  matmul,
  mean_pooling,
  quantize_embeddings,
  stack,
  topk,
} from './tensor_functions.js';
export type { DataArray, DataType } from './tensor_types.js';
export { type DecodeOptions, PreTrainedTokenizer, type TokenizerCallOptions } from './tokenizer.js';
