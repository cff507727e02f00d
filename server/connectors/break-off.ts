/** How long a statement that was cancelled has to end by itself. */
const graceMs = 3_000;

/**
 * What an abort does to a connection: the statement that runs is cancelled, and where the connection
 * says nothing even then, as one whose other end is gone, it is broken. `broken` is aborted then, for
 * whoever waits for an answer that will not come.
 */
export function breakOffAtAbort(
  signal: AbortSignal,
  connection: { cancel(): Promise<void>; destroy(): void },
): { broken: AbortSignal; end(): void } {
  const breaking = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    void connection.cancel();
    timer = setTimeout(() => {
      connection.destroy();
      breaking.abort(signal.reason);
    }, graceMs);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    broken: breaking.signal,
    end() {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    },
  };
}
