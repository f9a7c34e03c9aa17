/** What the batcher holds to whatever comes, in whatever order: requests, aborts, ends and failures of batches. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Batcher } from '../../../lib/server/batcher.js';
import { BackendError, OverloadedError } from '../../../lib/server/failures.js';

type Step =
  | { kind: 'submit'; lengths: number[]; key: string }
  | { kind: 'abort'; of: number }
  | { kind: 'end'; of: number }
  | { kind: 'fail'; of: number }
  | { kind: 'turn' };

interface Asked {
  id: number;
  lengths: number[];
  key: string;
  controller: AbortController;
  /** Tokens that waited when it came, its own included. */
  waited: number;
  /** Longest sequence of each other request that waited then. */
  ahead: number;
  /** Tokens that had started by then. */
  startedBefore: number;
  started: number;
  failed: boolean;
  outcome?: { rows: string[] } | { error: unknown };
}

interface Batch {
  members: Asked[];
  rows: string[];
  resolve: (rows: string[]) => void;
  reject: (reason: unknown) => void;
}

const LONGEST = 12;
const MAX_BATCH = 20;

const lengths = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.integer({ min: 1, max: LONGEST }), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: LONGEST }), { minLength: 10, maxLength: 40 }) },
  // Longer than a batch.
  { weight: 1, arbitrary: fc.constant<number[]>([MAX_BATCH + 5]) },
);

const of = fc.nat({ max: 1000 });
const steps = (keys: readonly string[], troubles: boolean): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('submit' as const),
          lengths,
          key: fc.constantFrom(...keys),
        }),
      },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), of }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
      { weight: troubles ? 1 : 0, arbitrary: fc.record({ kind: fc.constant('abort' as const), of }) },
      { weight: troubles ? 1 : 0, arbitrary: fc.record({ kind: fc.constant('fail' as const), of }) },
    ),
    { maxLength: 80 },
  );

/** A batcher whose every move is the test's, with the books that it has to agree with. */
class Simulation {
  readonly asked: Asked[] = [];
  readonly batches: Batch[] = [];
  private readonly scheduled: (() => void)[] = [];
  private readonly violations: unknown[] = [];
  private startedTokens = 0;
  readonly batcher: Batcher<string>;

  constructor(limits: { maxQueueTokens?: number; maxConcurrentRequests?: number } = {}) {
    this.batcher = new Batcher<string>({
      run: (sequences, key) => this.watched(() => this.run(sequences, key)),
      maxBatchTokens: MAX_BATCH,
      now: () => 0,
      schedule: (start) => this.scheduled.push(start),
      ...limits,
    });
  }

  async step(step: Step): Promise<void> {
    if (step.kind === 'submit') this.submit(step);
    else if (step.kind === 'turn') for (const start of this.scheduled.splice(0)) start();
    else if (step.kind === 'abort') this.pick(this.asked, step.of)?.controller.abort('aborted');
    else {
      const [batch] = this.batches.splice(step.of % Math.max(1, this.batches.length), 1);
      if (step.kind === 'end') batch?.resolve(batch.rows);
      else if (batch !== undefined) {
        for (const member of batch.members) member.failed = true;
        batch.reject(new Error('failed'));
      }
    }
    await new Promise(setImmediate);
    if (this.violations.length > 0) throw this.violations[0];
    this.checkBooks();
  }

  async finish(): Promise<void> {
    for (let i = 0; i < 10_000 && (this.batcher.state.requests > 0 || this.batches.length > 0); i++) {
      await this.step({ kind: 'turn' });
      await this.step({ kind: 'end', of: 0 });
    }
  }

  private pick<T>(list: readonly T[], index: number): T | undefined {
    return list[index % Math.max(1, list.length)];
  }

  private submit({ lengths, key }: { lengths: number[]; key: string }): void {
    const waiting = this.asked.filter((r) => r.outcome === undefined && r.started < r.lengths.length);
    const asked: Asked = {
      id: this.asked.length,
      lengths,
      key,
      controller: new AbortController(),
      waited: this.batcher.state.queueTokens + sum(lengths),
      ahead: sum(waiting.map((r) => Math.max(...r.lengths))),
      startedBefore: this.startedTokens,
      started: 0,
      failed: false,
    };
    this.asked.push(asked);
    const sequences = lengths.map((length, i) => {
      const sequence = new Int32Array(length);
      sequence[0] = asked.id * 100 + i;
      return sequence;
    });
    this.batcher.submit(sequences, { key, signal: asked.controller.signal }).then(
      ({ rows }) => this.settle(asked, { rows }),
      (error) => this.settle(asked, { error }),
    );
  }

  private settle(asked: Asked, outcome: NonNullable<Asked['outcome']>): void {
    this.watched(() => expect(asked.outcome).toBe(undefined));
    asked.outcome = outcome;
  }

  /** The batcher takes what its model throws for a failure of the model. */
  private watched<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      this.violations.push(error);
      throw error;
    }
  }

  private run(sequences: readonly Int32Array[], key: string): Promise<string[]> {
    expect(sequences.length).toBeGreaterThan(0);
    const tokens = sum(sequences.map(({ length }) => length));
    expect(tokens <= MAX_BATCH || sequences.length === 1).toBe(true);
    const members = new Set<Asked>();
    for (const sequence of sequences) {
      const asked = this.asked[Math.floor(sequence[0]! / 100)]!;
      expect([asked.key, asked.outcome]).toEqual([key, undefined]);
      // Each once, in order.
      expect(sequence[0]! % 100).toBe(asked.started++);
      this.startedTokens += sequence.length;
      members.add(asked);
      if (asked.started === asked.lengths.length) this.lastStarted(asked);
    }
    return new Promise((resolve, reject) => {
      const rows = sequences.map(([id]) => `row ${id}`);
      this.batches.push({ members: [...members], rows, resolve, reject });
    });
  }

  /** Set by tests of fairness. */
  lastStarted: (asked: Asked) => void = () => {};

  startedSince(asked: Asked): number {
    return this.startedTokens - asked.startedBefore;
  }

  private checkBooks(): void {
    const open = this.asked.filter(({ outcome }) => outcome === undefined);
    const { requests, queueTokens, batches } = this.batcher.state;
    expect(requests).toBe(open.length);
    expect(queueTokens).toBe(sum(open.flatMap((r) => r.lengths.slice(r.started))));
    expect(batches).toBe(this.batches.length);
    expect(batches).toBeLessThanOrEqual(2);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const rowsOf = ({ id, lengths }: Asked): string[] => lengths.map((_, i) => `row ${id * 100 + i}`);

describe('Batcher, whatever comes', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  beforeAll(() => void process.on('unhandledRejection', note));
  afterAll(() => {
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it('answers every request once: with its rows, its abort, or the failure of a batch that it was in', async () => {
    await fc.assert(
      fc.asyncProperty(steps(['a', 'b'], true), async (plan) => {
        const simulation = new Simulation();
        for (const step of plan) await simulation.step(step);
        await simulation.finish();
        for (const asked of simulation.asked) {
          if (asked.outcome !== undefined && 'rows' in asked.outcome) {
            expect(asked.outcome.rows).toEqual(rowsOf(asked));
            expect(asked.failed).toBe(false);
          } else if (asked.outcome?.error instanceof BackendError) expect(asked.failed).toBe(true);
          else expect(asked.outcome).toEqual({ error: 'aborted' });
        }
        expect(simulation.batcher.state).toMatchObject({
          requests: 0,
          queueTokens: 0,
          runningTokens: 0,
          batches: 0,
        });
      }),
      { numRuns: 150 },
    );
  });

  it('refuses only what goes beyond its limits, and that whole', async () => {
    await fc.assert(
      fc.asyncProperty(steps(['a'], true), async (plan) => {
        const limits = { maxQueueTokens: 60, maxConcurrentRequests: 5 };
        const simulation = new Simulation(limits);
        for (const step of plan) {
          const { requests, queueTokens } = simulation.batcher.state;
          await simulation.step(step);
          if (step.kind !== 'submit') continue;
          const { outcome, started } = simulation.asked.at(-1)!;
          const after = queueTokens + sum(step.lengths);
          const fits =
            requests < limits.maxConcurrentRequests && (queueTokens === 0 || after <= limits.maxQueueTokens);
          expect(outcome === undefined).toBe(fits);
          if (outcome !== undefined) {
            expect(outcome).toEqual({ error: expect.any(OverloadedError) });
            expect([started, simulation.batcher.state.queueTokens]).toEqual([0, queueTokens]);
          }
        }
        await simulation.finish();
        expect(simulation.batcher.state.requests).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('starts all of a request before four times the tokens that waited when it came', async () => {
    await fc.assert(
      fc.asyncProperty(steps(['a', 'b', 'c'], false), async (plan) => {
        const simulation = new Simulation();
        // A sequence that is next waits for its third of others to come together, and for a batch of another key.
        const slack = 3 * (MAX_BATCH + 5) + MAX_BATCH + 5;
        simulation.lastStarted = (asked) =>
          expect(simulation.startedSince(asked)).toBeLessThanOrEqual(4 * asked.waited + slack);
        for (const step of plan) await simulation.step(step);
        await simulation.finish();
      }),
      { numRuns: 150 },
    );
  });

  it('starts a request of one sequence after one sequence of each other, and a third as much of the oldest', async () => {
    await fc.assert(
      fc.asyncProperty(steps(['a'], false), async (plan) => {
        const simulation = new Simulation();
        simulation.lastStarted = (asked) => {
          if (asked.lengths.length > 1) return;
          const own = asked.lengths[0]!;
          const most = (4 / 3) * asked.ahead + (MAX_BATCH + 5);
          expect(simulation.startedSince(asked) - own).toBeLessThanOrEqual(most);
        };
        for (const step of plan) await simulation.step(step);
        await simulation.finish();
      }),
      { numRuns: 150 },
    );
  });
});
