/** The end of a server: nothing more is taken, what was taken is answered, and then the connections are closed. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Milliseconds between looks for connections that have become idle; without a look they would stay open. */
const LOOK = 50;

/** @returns whether everything had ended within `timeout` seconds */
export async function shutDown(app: FastifyInstance, timeout: number, reason: string): Promise<boolean> {
  app.log.info({ reason, timeout }, 'shutting down');
  const looking = setInterval(() => app.server.closeIdleConnections(), LOOK);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeout * 1000);
  });
  try {
    const whole = await Promise.race([app.close().then(() => true), late]);
    if (whole) {
      // Lines of the last requests come a turn after their answers.
      await nextTurn();
      app.log.info('stopped');
    } else {
      app.log.warn({ timeout }, 'stopped with requests unanswered');
      app.server.closeAllConnections();
    }
    return whole;
  } finally {
    clearTimeout(timer);
    clearInterval(looking);
  }
}
