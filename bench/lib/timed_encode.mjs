// One measured call that encodes: what it took, and what it did to the process meanwhile.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { forgetPeak, peakResident } from './resident.mjs';

/**
 * @param run gives a promise
 * @returns {result, seconds, busy: cores, p99 and longest: milliseconds of event-loop delay, resident: peak bytes}
 */
export async function timedEncode(run) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  // A call that starts before the monitor's first tick would hide its first delay.
  delay.enable();
  await pause(5);
  delay.reset();
  forgetPeak();
  const cpuStart = process.cpuUsage();
  const start = performance.now();
  const result = await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuStart);
  const resident = peakResident();
  // A call that never let go of the event loop is seen only by the tick after it.
  await pause(5);
  delay.disable();
  return {
    result,
    seconds,
    busy: (user + system) / 1e6 / seconds,
    p99: delay.percentile(99) / 1e6,
    longest: delay.max / 1e6,
    resident,
  };
}
