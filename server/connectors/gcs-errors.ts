import { MaestroError, messageOf } from "../../shared/errors.ts";
import { scrubShapes } from "../support/scrub.ts";
import { shorten } from "../support/shorten.ts";

const retryableCodes = new Set<unknown>([408, 429, 500, 502, 503, 504]);
const networkCodes = new Set<unknown>(["ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "EPIPE"]);
/** The disk is full, or a download arrived other than it was sent. */
const passingCodes = new Set<unknown>(["ENOSPC", "EDQUOT", "CONTENT_DOWNLOAD_MISMATCH"]);
/** The client's words, without a code, for an upload that broke off: it cannot go on in the middle. */
const brokenUpload = /^Retry (limit|total time limit) exceeded|^The offset is lower than/;

/** Has a call of Google's client fail with what could not be done. */
export function failed(doing: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof MaestroError) throw error;
    const { code, cause } = error as { code?: unknown; cause?: unknown };
    if (cause instanceof MaestroError) throw cause;
    if ((error as { name?: string }).name === "AbortError") {
      throw new MaestroError("cancelled", `could not ${doing}: it was cancelled`, { cause: error });
    }
    const { message = messageOf(error) } = error as { message?: string };
    throw new MaestroError("storage", `could not ${doing}: ${shorten(scrubShapes(message))}`, {
      cause: error,
      retryable:
        retryableCodes.has(code) ||
        networkCodes.has(code) ||
        passingCodes.has(code) ||
        brokenUpload.test(message),
    });
  };
}
