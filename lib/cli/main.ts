#!/usr/bin/env node
import { reportFailure } from './failure.js';
import { createProgram } from './program.js';

/** What Node ends with where a module awaits something that never comes. */
const UNSETTLED = 13;

// The event loop has nothing left to do, and the command has not ended: its output is not whole.
const unsettled = (): void => {
  process.stderr.write('synthetic-attention: the command waits for something that will not come\n');
  process.exitCode = UNSETTLED;
};
process.once('beforeExit', unsettled);
createProgram()
  .parseAsync()
  .catch(reportFailure)
  .finally(() => process.removeListener('beforeExit', unsettled));
