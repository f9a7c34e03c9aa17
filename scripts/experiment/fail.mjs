// What users of the experiment did wrong: one sentence and status 2, no stack.

export class UsageError extends Error {}

export function fail(expected, received) {
  throw new UsageError(`expected ${expected} but received ${received}`);
}

/** Runs a program; sets the exit status. */
export async function program(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`experiment: ${error.message}`);
    process.exitCode = 2;
  }
}
