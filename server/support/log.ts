import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from "pino";
import type { ErrorReports } from "./error-reports.ts";

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
export function createLog(options: {
  level: string;
  path: string | null;
  role: string;
  /** Errors are told here as well. */
  reports?: ErrorReports;
}): Log {
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
      ...(options.reports ? { hooks: { logMethod: tellErrors(options.reports) } } : {}),
      redact: { paths: redactedPaths, censor: "[hidden]" },
    },
    destination,
  );
}

type LogMethod = NonNullable<NonNullable<LoggerOptions["hooks"]>["logMethod"]>;

const errorLevel = 50;

/** Passes every line on, and tells of those that say an error. */
function tellErrors(reports: ErrorReports): LogMethod {
  return function logAndTell(args, method, level) {
    method.apply(this, args);
    if (level < errorLevel) return;
    const [first, second] = args as unknown[];
    const line = typeof first === "object" && first !== null ? first : {};
    const { err, ...facts } = line as Record<string, unknown>;
    reports.report(err, String(typeof first === "string" ? first : second), facts);
  };
}
