/**
 * Repositories that hold only ONNX files, by the repository that their weights were converted from: programs written
 * for transformers.js name the former, this package reads the safetensors of the latter.
 */

const MINILM = 'sentence-transformers/all-MiniLM-L6-v2';

const ORIGINALS: ReadonlyMap<string, string> = new Map([
  ['onnx-community/all-MiniLM-L6-v2-ONNX', MINILM],
  ['onnx-community/ettin-encoder-32m-ONNX', 'jhu-clsp/ettin-encoder-32m'],
  ['Xenova/all-MiniLM-L6-v2', MINILM],
  ['Xenova/all-MiniLM-L12-v2', 'sentence-transformers/all-MiniLM-L12-v2'],
  ['Xenova/all-mpnet-base-v2', 'sentence-transformers/all-mpnet-base-v2'],
  ['Xenova/all-distilroberta-v1', 'sentence-transformers/all-distilroberta-v1'],
  ['Xenova/paraphrase-MiniLM-L6-v2', 'sentence-transformers/paraphrase-MiniLM-L6-v2'],
  ['Xenova/paraphrase-albert-small-v2', 'sentence-transformers/paraphrase-albert-small-v2'],
  [
    'Xenova/paraphrase-multilingual-MiniLM-L12-v2',
    'sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2',
  ],
  [
    'Xenova/paraphrase-multilingual-mpnet-base-v2',
    'sentence-transformers/paraphrase-multilingual-mpnet-base-v2',
  ],
  ['Xenova/multi-qa-MiniLM-L6-cos-v1', 'sentence-transformers/multi-qa-MiniLM-L6-cos-v1'],
  ['Xenova/multi-qa-mpnet-base-dot-v1', 'sentence-transformers/multi-qa-mpnet-base-dot-v1'],
  ['Xenova/LaBSE', 'sentence-transformers/LaBSE'],
  ['Xenova/bge-small-en-v1.5', 'BAAI/bge-small-en-v1.5'],
  ['Xenova/bge-base-en-v1.5', 'BAAI/bge-base-en-v1.5'],
  ['Xenova/bge-large-en-v1.5', 'BAAI/bge-large-en-v1.5'],
  ['Xenova/gte-small', 'thenlper/gte-small'],
  ['Xenova/gte-base', 'thenlper/gte-base'],
  ['Xenova/gte-large', 'thenlper/gte-large'],
  ['Xenova/e5-small-v2', 'intfloat/e5-small-v2'],
  ['Xenova/e5-base-v2', 'intfloat/e5-base-v2'],
  ['Xenova/e5-large-v2', 'intfloat/e5-large-v2'],
  ['Xenova/multilingual-e5-small', 'intfloat/multilingual-e5-small'],
  ['Xenova/multilingual-e5-base', 'intfloat/multilingual-e5-base'],
  ['Xenova/multilingual-e5-large', 'intfloat/multilingual-e5-large'],
  ['Xenova/bert-base-uncased', 'google-bert/bert-base-uncased'],
  ['Xenova/bert-base-cased', 'google-bert/bert-base-cased'],
  ['Xenova/bert-base-multilingual-cased', 'google-bert/bert-base-multilingual-cased'],
  ['Xenova/distilbert-base-uncased', 'distilbert/distilbert-base-uncased'],
  ['Xenova/roberta-base', 'FacebookAI/roberta-base'],
  [
    'Xenova/distilbert-base-uncased-finetuned-sst-2-english',
    'distilbert/distilbert-base-uncased-finetuned-sst-2-english',
  ],
  ['Xenova/bert-base-multilingual-uncased-sentiment', 'nlptown/bert-base-multilingual-uncased-sentiment'],
  ['Xenova/toxic-bert', 'unitary/toxic-bert'],
]);

/** The repository whose safetensors stand for `name`: itself unless it is a known copy. */
export function originalOf(name: string): string {
  return ORIGINALS.get(name) ?? name;
}
