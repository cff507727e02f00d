import * as sentry from "@sentry/node";
import type { ErrorReports } from "../support/error-reports.ts";
import type { Scrub } from "../support/scrub.ts";

const farewellMs = 2_000;

/**
 * Sends errors to Sentry: those that are logged, and those that end the process. Of its integrations
 * none that reads requests, local variables, the console or the source: nothing but the error, its
 * stack and a few facts goes out.
 */
export function startSentry(options: {
  dsn: string;
  role: string;
  release: string;
  scrub: Scrub;
}): ErrorReports {
  sentry.initWithoutDefaultIntegrations({
    dsn: options.dsn,
    release: options.release,
    initialScope: { tags: { role: options.role } },
    integrations: [
      sentry.linkedErrorsIntegration(),
      sentry.dedupeIntegration(),
      sentry.onUncaughtExceptionIntegration(),
      sentry.onUnhandledRejectionIntegration({ mode: "strict" }),
    ],
    // Of breadcrumbs each could carry a secret.
    maxBreadcrumbs: 0,
    beforeSend: (event) => options.scrub(event),
  });
  return {
    report(error, message, facts) {
      const extra = { ...facts, message };
      sentry.captureException(error ?? new Error(message), { extra });
    },
    async close() {
      await sentry.close(farewellMs);
    },
  };
}
