/** What a child process tells the runner through files, which outlive a crash. */

/** What the child is asked to do; JSON in its argument. */
export interface Job {
  target: string;
  seed: number;
  /** First index. */
  from: number;
  /** Inputs at most. */
  count: number;
  /** No input begins later, in milliseconds since 1970. */
  until: number;
  /** Given to replay: run this input alone. */
  input?: unknown;
  /** Rewritten before each input. */
  statusFile: string;
  /** One JSON line per finding. */
  findingsFile: string;
}

/** The input that runs, and what has been before it. */
export interface Status {
  index: number;
  input: unknown;
  accepted: number;
  refused: number;
  /** True after the last input. */
  done: boolean;
}

export type Kind = 'crash' | 'hang' | 'untyped' | 'wrong';

/** What the child sees itself. */
export interface Finding {
  kind: Kind;
  index: number;
  input: unknown;
  /** Name, message and stack of the error. */
  error: string;
}
