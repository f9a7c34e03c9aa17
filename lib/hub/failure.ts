/** What went wrong with a request, before it is known what that means for the caller. */

export interface FailureDetails {
  /** Of the answer, if there was one. */
  status?: number;
  /** The hub's own word for it, such as GatedRepo. */
  hubCode?: string | undefined;
  /** Whether the same request may succeed soon. */
  transient?: boolean;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** Internal: callers of the package see a ModelError made of it. */
export class HubFailure extends Error {
  /** The "received" half of a sentence. */
  readonly reason: string;
  readonly status: number | undefined;
  readonly hubCode: string | undefined;
  readonly transient: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(reason: string, details: FailureDetails = {}) {
    super(reason, { cause: details.cause });
    this.name = 'HubFailure';
    this.reason = reason;
    this.status = details.status;
    this.hubCode = details.hubCode;
    this.transient = details.transient ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** 501 and 505 tell of a server that will not learn. */
function isTransient(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** Seconds or a date. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

export function statusFailure(status: number, headers: Headers, host: string): HubFailure {
  const word = headers.get('x-error-code');
  const hubCode = word !== null && /^[A-Za-z]{1,40}$/.test(word) ? word : undefined;
  return new HubFailure(`status ${status}${hubCode === undefined ? '' : ` (${hubCode})`} from ${host}`, {
    status,
    hubCode,
    transient: isTransient(status),
    retryAfterMs: retryAfter(headers.get('retry-after')),
  });
}

/** Codes of connections that were there and broke; a host that is not found or refuses stays so for a while. */
const BROKEN = /^(?:ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|UND_ERR_\w+)$/;

/** Of what fetch rejects with: "fetch failed", with the reason as its cause. */
export function networkFailure(error: unknown, host: string, inBody = false): HubFailure {
  const cause = (error as Error).cause ?? error;
  // Where a host has several addresses, one error holds those of all.
  const first = cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause;
  const { code, message } = first as NodeJS.ErrnoException;
  const what = code === undefined ? message : code.startsWith('UND_ERR') ? `${code} (${message})` : code;
  const transient = inBody || (code !== undefined && BROKEN.test(code));
  return new HubFailure(`${what} from ${host}`, { transient, cause: error });
}
