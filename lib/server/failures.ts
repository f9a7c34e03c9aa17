/** Why the server did not do what a request asks, where the request is not to blame. */
import { type ErrorDetails, type Expectation, SyntheticAttentionError } from '../errors.js';

/** Nothing of the request was done; it may come again. */
export class OverloadedError extends SyntheticAttentionError {
  /** @param retryAfter whole seconds after which there is likely to be room */
  constructor(
    message: string | Expectation,
    readonly retryAfter: number,
  ) {
    super('ERR_OVERLOADED', message);
  }
}

/** No requests are taken any more. */
export class ClosedError extends SyntheticAttentionError {
  constructor(message: string | Expectation) {
    super('ERR_CLOSED', message);
  }
}

/** In place of a row: the sequence has no result, and what the request that holds it is told. */
export class SequenceFailure {
  /** @param reason from the index of the sequence in its request */
  constructor(readonly reason: (index: number) => Error) {}
}

/** The model failed; `cause` is what it said. */
export class BackendError extends SyntheticAttentionError {
  constructor(message: string | Expectation, options?: ErrorDetails) {
    super('ERR_BACKEND', message, options);
  }
}
