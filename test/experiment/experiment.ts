/** The experiment's programs as child processes, over the slice of reviews. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Finished, finish, root } from '../support/command.js';

export const slice = join(root, 'test/experiment/data/reviews.tsv');

export interface Run {
  variant: string;
  seed: number;
  accuracy: number;
  bySource: Record<string, number>;
  validation: number;
  bestStep: number;
  parameters: { total: number; trained: number };
  trainSeconds: number;
  difference: number;
  history: { step: number; loss: number; validation: number }[];
}

export interface Spread {
  median: number;
}

export interface Results {
  settings: Record<string, number>;
  data: Record<string, unknown>;
  runs: Run[];
  speed: { variant: string; training: Spread; model: Spread; attention: Spread }[];
}

export function startProgram(name: string, args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [join(root, 'scripts', name), ...args], { cwd: root });
}

export function runProgram(name: string, args: string[]): Promise<Finished> {
  return finish(startProgram(name, args));
}

/** What must not depend on when it ran. */
export function withoutTimes({ runs, data, settings }: Results) {
  return {
    data,
    settings,
    runs: runs.map(({ trainSeconds: _, ...run }) => run),
  };
}
