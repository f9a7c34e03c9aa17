/** How the command fails: one sentence on stderr, an exit code, no stack trace. */
import { CommanderError } from 'commander';
import { SyntheticAttentionError } from '../errors.js';
import { variables } from '../variables.js';

/** The user or the system asked the command to end. */
export class Interruption extends Error {
  constructor(
    readonly signal: NodeJS.Signals,
    readonly exitCode: number,
    /** What that means for the output. */
    readonly outcome = 'no output was written',
  ) {
    super(`interrupted by ${signal}`);
  }
}

function isBrokenPipe(error: unknown): boolean {
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  return [error, cause].some((e) => (e as NodeJS.ErrnoException | undefined)?.code === 'EPIPE');
}

export function reportFailure(error: unknown): void {
  const say = (sentence: string): void => {
    process.stderr.write(`synthetic-attention: ${sentence}\n`);
  };
  process.exitCode = 1;
  if (error instanceof CommanderError) {
    // Help and version arrive here too, with exit code 0 and nothing left to say.
    process.exitCode = error.exitCode;
    if (error.exitCode !== 0)
      say(
        error.code === 'commander.help'
          ? 'expected a command; see --help'
          : // Every other sentence of Commander begins so.
            error.message.slice('error: '.length),
      );
  } else if (error instanceof Interruption) {
    process.exitCode = error.exitCode;
    say(`${error.message}; ${error.outcome}`);
  } else if (isBrokenPipe(error)) {
    // Whoever read the output has gone, as in `... | head -1`: what a shell reports for that.
    process.exitCode = 141;
  } else if (error instanceof SyntheticAttentionError) {
    say(error.message);
  } else {
    say(
      `${(error as Error | undefined)?.message ?? String(error)} (SYNTHETIC_ATTENTION_DEBUG=1 shows where)`,
    );
  }
  if (variables.SYNTHETIC_ATTENTION_DEBUG === '1' && error instanceof Error)
    process.stderr.write(`${error.stack}\n`);
}
