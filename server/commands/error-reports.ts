import { type Config, environment, givenSecrets } from "../config.ts";
import { type ErrorReports, joinReports } from "../support/error-reports.ts";
import { createScrub } from "../support/scrub.ts";
import { readVersion } from "./version.ts";

/**
 * Sentry and New Relic where they are configured, and nothing where they are not: their libraries
 * are then not even loaded.
 */
export async function startErrorReports(config: Config, role: string): Promise<ErrorReports> {
  const scrub = createScrub(givenSecrets(config));
  const { sentryUrl, newRelicKey } = config;
  const reports: ErrorReports[] = [];
  if (newRelicKey !== null) {
    const { startNewRelic } = await import("../connectors/new-relic.ts");
    const options = { app: config.newRelicApp, key: newRelicKey, role, scrub, environment };
    reports.push(startNewRelic(options));
  }
  if (sentryUrl !== null) {
    const { startSentry } = await import("../connectors/sentry.ts");
    const release = `maestro@${await readVersion()}`;
    reports.push(startSentry({ dsn: sentryUrl, role, release, scrub }));
  }
  return joinReports(reports);
}
