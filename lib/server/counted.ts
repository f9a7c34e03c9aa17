/** What is told of requests and queues to whoever counts. */

/** Of one answered request; milliseconds. */
export interface Answered {
  method: Method;
  /** Texts, or arrays of token ids. */
  inputs: number;
  tokens: number;
  totalMs: number;
  tokenizationMs: number;
  queueMs: number;
  inferenceMs: number;
}

/** One input alone or several in an array. */
export type Method = 'single' | 'batch';

export interface QueueState {
  requests: number;
  queueTokens: number;
}
