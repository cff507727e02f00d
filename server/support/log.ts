import { type Logger, pino, stdTimeFunctions } from "pino";

export type Log = Logger;

/** Paths that never reach a log line, whatever object carries them. */
const redactedPaths = ["password", "secret", "token", "authorization", "cookie"].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/**
 * The process's structured log: JSON lines to `path`, or to standard error where it is null
 * (standard output belongs to the commands' answers).
 */
export function createLog(options: { level: string; path: string | null; role: string }): Log {
  const destination = pino.destination({
    dest: options.path ?? 2,
    sync: true,
    mkdir: true,
    // A first start prints the boot token.
    mode: 0o600,
  });
  return pino(
    {
      level: options.level,
      base: { role: options.role, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      redact: { paths: redactedPaths, censor: "[hidden]" },
    },
    destination,
  );
}
