import { type Logger, type LoggerOptions, pino, stdSerializers, stdTimeFunctions } from "pino";
import type { ErrorReports } from "./error-reports.ts";
import { type Scrub, scrubShapes } from "./scrub.ts";

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
  /** Takes secrets out of errors and messages, which name what they are about in words of others. */
  scrub?: Scrub;
}): Log {
  const { scrub = scrubShapes } = options;
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
      hooks: { logMethod: tellErrors(options.reports, scrub) },
      serializers: { err: (error: Error) => scrub(stdSerializers.err(error)) },
      redact: { paths: redactedPaths, censor: "[hidden]" },
    },
    destination,
  );
}

type LogMethod = NonNullable<NonNullable<LoggerOptions["hooks"]>["logMethod"]>;

const errorLevel = 50;

/** Passes every line on, and tells of those that say an error. */
function tellErrors(reports: ErrorReports | undefined, scrub: Scrub): LogMethod {
  return function logAndTell(args, method, level) {
    const texts = args.map((arg: unknown) => (typeof arg === "string" ? scrub(arg) : arg));
    method.apply(this, texts as typeof args);
    if (level < errorLevel || !reports) return;
    const [first, second] = args as unknown[];
    const line = typeof first === "object" && first !== null ? first : {};
    const { err, ...facts } = line as Record<string, unknown>;
    reports.report(err, String(typeof first === "string" ? first : second), facts);
  };
}
