/**
 * How contenders are compared: all are checked before anything is timed, then they alternate in rounds. A run is
 * {contender, threads, reason?}, the reason why it cannot take part if that is known beforehand;
 * `perform(run, mode, items)` gives the reply of worker.mjs, or {reason}.
 */

/**
 * @param judge (run, item, did) what is to be kept of a check: {error, bound}, or {reason}; `did` is the worker's
 *   reply on the item, or {reason}
 * @returns entries {run, item, version, threads, tier, rounds: []} with what `judge` gave
 */
export function checkAll({ runs, items, perform, judge }) {
  return runs.flatMap((run) => {
    const own = items.filter(({ kind }) => run.contender.does.includes(kind));
    if (own.length === 0) return [];
    const reply = run.reason ? { reason: run.reason } : perform(run, 'check', own);
    const { version, threads, tier } = reply;
    return own.map((item) => {
      const did = reply.reason ? { reason: reply.reason } : reply.items[item.id];
      return { run, item, version, threads, tier, rounds: [], ...judge(run, item, did) };
    });
  });
}

/** Adds to the `rounds` of every entry that has no reason what the worker measured of it, or gives it a reason. */
export function timeAll({ entries, rounds, perform }) {
  const runs = [...new Set(entries.map(({ run }) => run))];
  for (let round = 0; round < rounds; round++) {
    // There and back, so that a drift of the machine falls on all alike.
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) {
      const own = entries.filter((entry) => entry.run === run && !entry.reason);
      if (own.length === 0) continue;
      const timed = own.map(({ item }) => item);
      const reply = perform(run, 'time', timed);
      for (const entry of own) {
        const did = reply.reason ? reply : reply.items[entry.item.id];
        if (did.reason) entry.reason = did.reason;
        else entry.rounds.push(did);
      }
    }
  }
}
