/** What the pipelines share: the model underneath, its tokenizer, and an end. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import { Callable } from '../callable.js';
import { Engine } from '../engine.js';
import { PreTrainedTokenizer } from '../tokenizer.js';

/** What programs read of `extractor.model`. */
export interface PipelineModel {
  /** config.json as it stands there. */
  readonly config: Readonly<Record<string, unknown>>;
  dispose(): Promise<void>;
}

export abstract class TextPipeline extends Callable {
  readonly task: string;
  readonly model: PipelineModel;
  protected readonly engine: Engine;
  #tokenizer: PreTrainedTokenizer | undefined;

  constructor(task: string, engine: Engine) {
    super();
    if (!(engine instanceof Engine)) {
      throw new ArgumentError(
        expectation(new.target.name, 'a model that pipeline() loads', describe(engine)),
      );
    }
    this.task = task;
    this.engine = engine;
    this.model = { config: engine.config.values, dispose: () => this.dispose() };
  }

  /** Made when first asked for: embedding needs only that of the encoder. */
  get tokenizer(): PreTrainedTokenizer {
    this.#tokenizer ??= new PreTrainedTokenizer(this.engine.tokenizerFile, this.engine.tokenizerConfig);
    return this.#tokenizer;
  }

  /** Frees native memory now instead of at garbage collection. */
  async dispose(): Promise<void> {
    this.engine.dispose();
  }
}
