const longestMs = 3_600_000;

/**
 * RFC 9110, Retry-After: seconds, or an instant of the server's clock, which its Date tells. An hour at
 * the longest; null where it says nothing of the kind.
 */
export function retryAfterMs(retryAfter: unknown, date: unknown): number | null {
  const text = String(retryAfter ?? "").trim();
  const ms = /^\d+$/.test(text)
    ? Number(text) * 1000
    : Date.parse(text) - Date.parse(String(date ?? ""));
  return ms > 0 ? Math.min(ms, longestMs) : null;
}
