/**
 * Names of the files that a model is made of: the one list, for what is fetched, for what is complete and for what is
 * read. It stands here because the encoder may import the hub, and the hub nothing of the encoder.
 */

export const MODEL_FILES = {
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  specialTokens: 'special_tokens_map.json',
  weights: 'model.safetensors',
  /** In the place of `weights`: the shards and which tensor is in which. */
  weightsIndex: 'model.safetensors.index.json',
  /** The parts of a sentence-transformers model, and their folders. */
  modules: 'modules.json',
  /** Of the sentence-transformers model as a whole: prompts, similarity. */
  sentenceTransformers: 'config_sentence_transformers.json',
} as const;

/**
 * Names that sentence-transformers has given the file beside the transformer that says max_seq_length and do_lower_case.
 * The first is today's; a model has one of them at most.
 */
export const SENTENCE_CONFIGS = [
  'sentence_bert_config.json',
  'sentence_roberta_config.json',
  'sentence_distilbert_config.json',
  'sentence_camembert_config.json',
  'sentence_albert_config.json',
  'sentence_xlm-roberta_config.json',
  'sentence_xlnet_config.json',
] as const;
