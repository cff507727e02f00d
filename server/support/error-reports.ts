/** Where errors of this process are told beside its log. */
export interface ErrorReports {
  /** `message` and `facts` as the log line has them; `error` is undefined where it names none. */
  report(error: unknown, message: string, facts: Record<string, unknown>): void;
  /** Waits a moment for what is under way. */
  close(): Promise<void>;
}

/** Several in place of one. */
export function joinReports(all: readonly ErrorReports[]): ErrorReports {
  return {
    report(...told) {
      for (const each of all) each.report(...told);
    },
    async close() {
      await Promise.all(all.map((each) => each.close()));
    },
  };
}
