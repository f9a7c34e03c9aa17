/** Series for Prometheus: text-embeddings-inference's names where it has them. */
import type { Counter, Histogram, Registry } from 'prom-client';
import type { Answered, Method, QueueState } from './counted.js';
import { libraries } from './libraries.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SIZES = Array.from({ length: 12 }, (_, i) => 2 ** i);
const TOKENS = Array.from({ length: 15 }, (_, i) => 2 ** i);

let ofProcess: Registry | undefined;

/** Memory, event-loop delay and the like; one a process, since each costs timers and observers. */
function processRegistry(): Registry {
  if (!ofProcess) {
    const { Registry, collectDefaultMetrics } = libraries().prometheus;
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

export class Series {
  readonly #library = libraries().prometheus;
  readonly #registry = new this.#library.Registry();
  readonly #count = this.#counter('te_request_count', 'Requests that were taken', ['method']);
  readonly #success = this.#counter('te_request_success', 'Requests that were answered', ['method']);
  readonly #failure = this.#counter('te_request_failure', 'Requests that failed, by reason', ['err']);
  readonly #aborted = this.#counter('te_request_aborted', 'Requests whose client went away', []);
  readonly #embedCount = this.#counter('te_embed_count', 'Inputs that were taken', []);
  readonly #embedSuccess = this.#counter('te_embed_success', 'Inputs that were embedded', []);
  readonly #durations = (['request', 'embed'] as const).map((of) => ({
    total: this.#histogram(`te_${of}_duration`, 'Seconds in all', SECONDS),
    tokenization: this.#histogram(`te_${of}_tokenization_duration`, 'Seconds of tokenization', SECONDS),
    queue: this.#histogram(`te_${of}_queue_duration`, 'Seconds in the queue', SECONDS),
    inference: this.#histogram(`te_${of}_inference_duration`, 'Seconds in the model', SECONDS),
  }));
  readonly #inputLength = this.#histogram(
    'te_request_input_length',
    'Tokens of an input, the mean of its request',
    TOKENS,
  );
  readonly #batchSize = this.#histogram('te_batch_next_size', 'Sequences of a batch', SIZES);
  readonly #batchTokens = this.#histogram('te_batch_next_tokens', 'Tokens of a batch', TOKENS);

  /** @param queues by name of the model, read whenever metrics are */
  constructor(queues: () => ReadonlyMap<string, QueueState>) {
    const { Gauge } = this.#library;
    const gauge = (name: string, help: string, value: (state: QueueState) => number): void => {
      new Gauge({
        name,
        help,
        labelNames: ['model'],
        registers: [this.#registry],
        collect() {
          for (const [model, state] of queues()) this.set({ model }, value(state));
        },
      });
    };
    gauge('te_queue_size', 'Requests that wait or run', (state) => state.requests);
    gauge('te_queue_tokens', 'Tokens that wait', (state) => state.queueTokens);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const parts = await Promise.all([this.#registry.metrics(), processRegistry().metrics()]);
    return parts.join('\n');
  }

  taken(method: Method, inputs: number): void {
    this.#count.inc({ method });
    this.#embedCount.inc(inputs);
  }

  answered(answer: Answered): void {
    this.#success.inc({ method: answer.method });
    this.#embedSuccess.inc(answer.inputs);
    for (const { total, tokenization, queue, inference } of this.#durations) {
      total.observe(answer.totalMs / 1000);
      tokenization.observe(answer.tokenizationMs / 1000);
      queue.observe(answer.queueMs / 1000);
      inference.observe(answer.inferenceMs / 1000);
    }
    this.#inputLength.observe(answer.tokens / Math.max(1, answer.inputs));
  }

  failed(reason: string): void {
    this.#failure.inc({ err: reason });
  }

  aborted(): void {
    this.#aborted.inc();
  }

  batch({ sequences, tokens }: { sequences: number; tokens: number }): void {
    this.#batchSize.observe(sequences);
    this.#batchTokens.observe(tokens);
  }

  #counter<T extends string>(name: string, help: string, labelNames: T[]): Counter<T> {
    return new this.#library.Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new this.#library.Histogram({ name, help, buckets, registers: [this.#registry] });
  }
}
