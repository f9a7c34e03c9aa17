/** An encoder that computes next to nothing, so that tests see what stands around it. */
import { quantizeRows } from '../../lib/models/heads/quantize.js';
import type {
  AnyEncodeOptions,
  EncodedBatch,
  EncodeOptions,
  TextEncoder,
  TextSource,
} from '../../lib/models/types.js';
import { Tensor } from '../../lib/tensor/tensor.js';

/** Numbers that depend on the text alone, between -1 and 1, or N times as large for "loud N". */
export function fakeEmbedding(text: string, dimensions: number): number[] {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  const scale = Number(/^loud (\d+)$/.exec(text)?.[1] ?? 1);
  return Array.from({ length: dimensions }, (_, k) =>
    Math.fround((scale * Math.sin(hash % 10_007)) / (k + 1)),
  );
}

export type StreamOptions = Omit<AnyEncodeOptions, 'outputValue'>;

export class FakeEncoder implements TextEncoder {
  readonly maxLength = 64;
  /** Of the last call. */
  options: StreamOptions = {};

  constructor(
    readonly dimensions = 4,
    private readonly batch = 37,
  ) {}

  async encode(texts: string | readonly string[], options: EncodeOptions = {}): Promise<Tensor> {
    const list = typeof texts === 'string' ? [texts] : texts;
    const dimensions = options.truncateDim ?? this.dimensions;
    const data = Float32Array.from(list.flatMap((text) => fakeEmbedding(text, dimensions)));
    return new Tensor(data, typeof texts === 'string' ? [dimensions] : [list.length, dimensions]);
  }

  embeddingLength({ truncateDim = this.dimensions }: EncodeOptions = {}): number {
    return truncateDim;
  }

  async *encodeStream(
    texts: TextSource,
    options: StreamOptions = {},
  ): AsyncGenerator<EncodedBatch<Float32Array | Int8Array | Uint8Array>, void, undefined> {
    this.options = options;
    const dimensions = options.truncateDim ?? this.dimensions;
    let waiting: string[] = [];
    const flush = () => {
      const embeddings = new Float32Array(waiting.length * dimensions);
      for (const [i, text] of waiting.entries())
        embeddings.set(fakeEmbedding(text, dimensions), i * dimensions);
      const { precision = 'float32', ranges } = options;
      const rows = quantizeRows(embeddings, dimensions, precision, ranges?.data as Float32Array | undefined);
      const batch = { embeddings: rows, texts: waiting.length, tokens: 5 * waiting.length };
      waiting = [];
      return batch;
    };
    for await (const item of texts) {
      for (const text of typeof item === 'string' ? [item] : item) {
        waiting.push(text);
        if (waiting.length >= this.batch) yield flush();
      }
    }
    if (waiting.length > 0) yield flush();
  }

  dispose(): void {}
}
