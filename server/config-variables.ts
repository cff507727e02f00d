import { z } from "zod";
import { extensionVariables } from "./config-extensions.ts";
import { monitoringVariables } from "./config-monitoring.ts";
import { networkVariables } from "./config-network.ts";
import { roomVariables } from "./config-rooms.ts";
import { settingVariables, signInLinks, slackUrl } from "./config-settings.ts";
import { optional, textOr, type Variable, whole } from "./config-variable.ts";
import { warehouseVariables } from "./config-warehouse.ts";

const address = z
  .string()
  .optional()
  .transform((value) => value || "localhost:3000")
  .refine((value) => parseAddress(value) !== null, "host:port, such as localhost:3000 or :8080")
  .transform((value) => parseAddress(value) ?? { host: "localhost", port: 3000 });

/** `host:port`, `[v6]:port` or `:port` (all addresses). */
function parseAddress(value: string): { host: string; port: number } | null {
  const match = /^(?:\[(?<v6>[0-9a-fA-F:]+)\]|(?<host>[^:]*)):(?<port>\d{1,5})$/.exec(value);
  const port = Number(match?.groups?.["port"]);
  if (!match?.groups || port > 65_535) return null;
  return { host: match.groups["v6"] ?? (match.groups["host"] || "0.0.0.0"), port };
}

const level = z
  .string()
  .optional()
  .transform((value) => value || "info")
  .refine(
    (value) => ["debug", "info", "warn", "error"].includes(value),
    "debug, info, warn or error",
  );

/** The local cloud's. */
export const defaultBucket = "maestro-local";

/** Every setting of the processes, once. The README's table is made from this. */
export const variables = {
  listen: {
    variable: "LISTEN",
    flag: "listen",
    schema: address,
    default: "localhost:3000",
    effect: "where the web app and the API answer",
  } satisfies Variable<{ host: string; port: number }>,
  dataDir: textOr(".maestro", {
    variable: "DATA_DIR",
    flag: "data-dir",
    default: ".maestro",
    effect: "where the embedded servers, the secret and the logs are kept",
  }),
  dbConnect: optional({
    variable: "DB_CONNECT",
    flag: "db-connect",
    default: "unset: embedded PostgreSQL",
    effect:
      "where the state lives, as postgresql://user:password@host:port/database; wins over EXTENSIONS_PG_*",
    secret: true,
  }),
  ...extensionVariables,
  secret: optional({
    variable: "SECRET",
    flag: "secret",
    default: "unset: made at the first start, in the data directory",
    effect: "the secret that credentials are encrypted with",
    secret: true,
  }),
  secretPath: optional({
    variable: "SECRETPATH",
    flag: "secretpath",
    default: "unset",
    effect: "a file that holds the secret; safer than -secret",
  }),
  logPath: optional({
    variable: "LOGPATH",
    flag: "logpath",
    default: "unset: `maestro.log` in the data directory; standard error of a role alone",
    effect: "the file that log lines go to",
  }),
  logLevel: {
    variable: "LOG_LEVEL",
    flag: "log-level",
    schema: level,
    default: "info",
    effect: "the least severe line that is logged",
  } satisfies Variable<string>,
  bigqueryProject: optional({
    variable: "BIGQUERY_PROJECT",
    flag: "bigquery-project",
    default: "unset: the local cloud",
    effect:
      "the Google Cloud project whose BigQuery and Cloud Storage are used, with application default credentials",
  }),
  bigqueryLocation: textOr("US", {
    variable: "BIGQUERY_LOCATION",
    flag: "bigquery-location",
    default: "US",
    effect: "where jobs and datasets are",
  }),
  bucket: textOr(defaultBucket, {
    variable: "BUCKET",
    flag: "bucket",
    default: "maestro-local with the local cloud",
    effect: "the Cloud Storage bucket of extracts and staged files",
  }),
  localCloudUrl: optional({
    variable: "LOCAL_CLOUD_URL",
    default: "unset: started with `start`",
    effect: "a local cloud that runs already",
  }),
  ...warehouseVariables,
  concurrentTableRuns: whole({
    variable: "CONCURRENT_TABLE_RUNS",
    default: 16,
    min: 1,
    max: 1000,
    effect: "table runs at once, over all daemons",
  }),
  concurrentTableRunsPerRun: whole({
    variable: "CONCURRENT_TABLE_RUNS_PER_RUN",
    default: 16,
    min: 1,
    max: 1000,
    effect: "table runs at once within one run",
  }),
  transfersPerRoom: whole({
    variable: "TRANSFERS_PER_ROOM",
    default: 2,
    min: 1,
    max: 64,
    effect: "transfers at once within one room",
  }),
  importDividedFrom: whole({
    variable: "IMPORT_DIVIDED_FROM",
    default: 0,
    min: 0,
    max: 2 ** 50,
    effect:
      "bytes, on PostgreSQL's disk, of the smallest table that several rooms import together, in parts of a sixteenth of that; 1073741824 is a good value where rooms wait for their source or have cores of their own (docs/imports.md); 0: one room alone imports each",
  }),
  exportMaxRows: whole({
    variable: "EXPORT_MAX_ROWS",
    default: 100_000_000,
    min: 1,
    max: 1_000_000_000_000,
    effect: "rows of the largest table that is exported to a database",
  }),
  exportMaxBytes: whole({
    variable: "EXPORT_MAX_BYTES",
    default: 100 * 2 ** 30,
    min: 1,
    max: 2 ** 50,
    effect: "bytes, as BigQuery counts them, of the largest table that is exported to a database",
  }),
  signedUrlSeconds: whole({
    variable: "SIGNED_URL_SECONDS",
    default: 86_400,
    min: 60,
    max: 604_800,
    effect: "seconds that the signed URLs of extracts live",
  }),
  extractRetentionDays: whole({
    variable: "EXTRACT_RETENTION_DAYS",
    default: 30,
    min: 0,
    max: 36_500,
    effect:
      "days that the files of extracts are kept, and uploads that nobody has loaded, 0 for ever; each table's newest extract stays",
  }),
  sheetsUrl: optional({
    variable: "SHEETS_URL",
    default: "unset: the local cloud, or Google's with BIGQUERY_PROJECT",
    effect: "where the APIs of Google Sheets and Drive answer",
  }),
  slackUrl,
  sheetsFolder: optional({
    variable: "SHEETS_FOLDER",
    default: "unset: the account's own Drive",
    effect:
      "the id of the Google Drive folder where spreadsheets are made; service accounts need one, in a shared drive",
  }),
  sheetRows: whole({
    variable: "SHEET_MAX_ROWS",
    default: 200_000,
    min: 1,
    max: 5_000_000,
    effect: "rows of the largest table that is written to a Google sheet",
  }),
  sheetBytes: whole({
    variable: "SHEET_MAX_BYTES",
    default: 20_000_000,
    min: 1,
    max: 1_000_000_000,
    effect:
      "bytes, as BigQuery counts them, of the largest table that is written to a Google sheet",
  }),
  runRetentionDays: whole({
    variable: "RUN_RETENTION_DAYS",
    default: 90,
    min: 0,
    max: 36_500,
    effect:
      "days that a run is kept after its end, 0 for ever; what its jobs cost, each frequency's newest tick and each table's newest run stay",
  }),
  gracefulShutdownSeconds: whole({
    variable: "WORKER_GRACEFULSHUTDOWNTIMEOUT",
    default: 300,
    min: 1,
    max: 86_400,
    effect: "seconds after SIGTERM until a process exits whatever is left",
  }),
  ...monitoringVariables,
  signInLinks,
  ...roomVariables,
  ...networkVariables,
  ...settingVariables,
};
