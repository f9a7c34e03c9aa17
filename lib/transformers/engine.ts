/** The only file here that knows the encoder underneath: texts in, ids, hidden states and embeddings out. */
import { loadArchitecture } from '../encoder/architecture.js';
import type { JsonObject } from '../encoder/json_file.js';
import type { LoadedModel } from '../encoder/loaded_model.js';
import { type ModelDirectory, readModelDirectory } from '../encoder/model_directory.js';
import { Tokenizer } from '../encoder/tokenize.js';
import type { EncoderDType, PoolingMode } from '../encoder/types.js';
import { EncodeOutput } from '../native/addon.js';
import { addon } from '../native/load.js';

/** Hidden states of one text: [tokens, hidden], special tokens included. */
export interface TokenStates {
  data: Float32Array;
  shape: readonly number[];
}

export class Engine {
  private constructor(
    private readonly model: LoadedModel,
    private readonly tokenizer: Tokenizer,
    private readonly found: ModelDirectory,
  ) {}

  static async load(directory: string, dtype: EncoderDType): Promise<Engine> {
    const found = await readModelDirectory(directory);
    const model = await loadArchitecture(found.transformer, found.config, { dtype });
    const tokenizer = Tokenizer.create(found.tokenizer, found.tokenizerConfig, {
      maxLength: Math.min(found.maxLength ?? model.positions, model.positions),
      lowerCase: false,
    });
    return new Engine(model, tokenizer, found);
  }

  /** Where config.json and the weights stand. */
  get directory(): string {
    return this.found.transformer;
  }

  get config(): JsonObject {
    return this.found.config;
  }

  get tokenizerFile(): JsonObject {
    return this.found.tokenizer;
  }

  get tokenizerConfig(): JsonObject {
    return this.found.tokenizerConfig;
  }

  get hidden(): number {
    return this.model.dimensions;
  }

  /** Ids with special tokens, truncated. */
  tokenize(texts: readonly string[]): number[][] {
    return texts.map((text) => this.tokenizer.encode(text));
  }

  /** [texts, hidden] */
  async pooled(texts: readonly string[], pooling: PoolingMode, normalize: boolean): Promise<Float32Array> {
    const out = new Float32Array(texts.length * this.hidden);
    await this.run(texts, pooling, normalize, out);
    return out;
  }

  async states(texts: readonly string[]): Promise<TokenStates[]> {
    return Promise.all(
      texts.map(async (text) => {
        const tokens = this.tokenizer.encode(text).length;
        const data = new Float32Array(tokens * this.hidden);
        await this.run([text], 'tokens', false, data);
        return { data, shape: [tokens, this.hidden] };
      }),
    );
  }

  dispose(): void {
    this.model.handle.dispose();
  }

  private async run(
    texts: readonly string[],
    output: keyof typeof EncodeOutput,
    normalize: boolean,
    out: Float32Array,
  ): Promise<void> {
    const ids = this.tokenize(texts);
    const offsets = [0];
    for (const row of ids) offsets.push(offsets.at(-1)! + row.length);
    await addon().encodeAsync({
      model: this.model.handle,
      ids: Int32Array.from(ids.flat()),
      offsets: Int32Array.from(offsets),
      output: EncodeOutput[output],
      normalize,
      out,
    });
  }
}
