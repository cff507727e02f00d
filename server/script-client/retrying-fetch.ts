import { setTimeout as delay } from "node:timers/promises";

type Fetch = typeof fetch;
type Sent = Parameters<Fetch>;

export interface RetryOptions {
  /** Attempts after the first. */
  retries: number;
  random: () => number;
  /** Told before each pause. */
  onRetry?: (why: string) => void;
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;
const longestAskedMs = 120_000;
/** Nothing was done yet by who answers this. */
const refused = new Set([429]);
const passing = new Set([408, 429, 502, 503, 504]);

/**
 * A fetch that asks again: what is safe to do twice after every fault that passes, and the rest where the
 * server has refused it for now, as nobody knows whether what was sent has been done.
 */
export function retryingFetch(send: Fetch, options: RetryOptions, isSafe: boolean): Fetch {
  return async (...sent) => {
    const [input, init] = sent;
    const url = new URL(input instanceof Request ? input.url : String(input));
    const again = isSafe ? passing : refused;
    for (let attempt = 0; attempt < options.retries; attempt += 1) {
      const answer = await attemptOf(send, sent, isSafe);
      if (answer !== null && !again.has(answer.status)) return answer;
      await answer?.body?.cancel();
      options.onRetry?.(
        `${url.host} ${answer ? `answered ${answer.status}` : "cannot be reached"}`,
      );
      await pause(pauseMsOf(answer, attempt, options), init?.signal);
    }
    return send(...sent);
  };
}

/** Null where it got no answer, and may be made again. */
async function attemptOf(send: Fetch, sent: Sent, isSafe: boolean): Promise<Response | null> {
  try {
    return await send(...sent);
  } catch (error) {
    if (!isSafe || sent[1]?.signal?.aborted) throw error;
    return null;
  }
}

function pauseMsOf(
  answer: Response | null,
  attempt: number,
  { random }: Pick<RetryOptions, "random">,
): number {
  const seconds = Number(answer?.headers.get("retry-after") ?? Number.NaN);
  if (seconds > 0) return Math.min(longestAskedMs, seconds * 1_000);
  return Math.min(longestPauseMs, firstPauseMs * 2 ** attempt) * (0.5 + random() / 2);
}

async function pause(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {});
}
