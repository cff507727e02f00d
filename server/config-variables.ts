import { z } from "zod";
import { extensionVariables } from "./config-extensions.ts";
import { monitoringVariables } from "./config-monitoring.ts";
import { networkVariables } from "./config-network.ts";
import { roomVariables } from "./config-rooms.ts";
import { googleUrl, settingVariables, signInLinks, slackUrl } from "./config-settings.ts";
import { optional, parseAddress, textOr, type Variable, whole } from "./config-variable.ts";
import { warehouseVariables } from "./config-warehouse.ts";

const address = z
  .string()
  .optional()
  .transform((value) => value || "localhost:3000")
  .refine((value) => parseAddress(value) !== null, "host:port, such as localhost:3000 or :8080")
  .transform((value) => parseAddress(value) ?? { host: "localhost", port: 3000 });

const level = z
  .string()
  .optional()
  .transform((value) => value || "info")
  .refine(
    (value) => ["debug", "info", "warn", "error"].includes(value),
    "debug, info, warn or error",
  );

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
  localCloudUrl: optional({
    variable: "LOCAL_CLOUD_URL",
    default: "unset: started with `start`",
    effect: "a local cloud that runs already",
  }),
  googleUrl,
  ...warehouseVariables,
  transfersPerRoom: whole({
    variable: "TRANSFERS_PER_ROOM",
    default: 2,
    min: 1,
    max: 64,
    effect: "transfers at once within one room",
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
  gracefulShutdownSeconds: whole({
    variable: "WORKER_GRACEFULSHUTDOWNTIMEOUT",
    default: 300,
    min: 1,
    max: 86_400,
    effect: "seconds after SIGTERM until a process exits whatever is left",
  }),
  watcherShutdownSeconds: whole({
    variable: "WATCHER_GRACEFULSHUTDOWNTIMEOUT",
    default: 300,
    min: 1,
    max: 86_400,
    effect:
      "seconds after SIGTERM in which watchers end what they are about; then the rest of the process stops without them, and the log names their schedulers",
  }),
  ...monitoringVariables,
  signInLinks,
  ...roomVariables,
  ...networkVariables,
  ...settingVariables,
};
