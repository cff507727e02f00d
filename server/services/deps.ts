import type { CloudPlace } from "../../shared/cloud.ts";
import type { SettingKey } from "../../shared/settings.ts";
import type { CloudProbe } from "../connectors/cloud-probe.ts";
import type { Git } from "../connectors/git.ts";
import type { ObjectStore } from "../connectors/object-store.ts";
import type { RoomStore } from "../connectors/room-store.ts";
import type { Sheets } from "../connectors/sheets.ts";
import type { Slack } from "../connectors/slack.ts";
import type { SqlParser } from "../connectors/sql-parser.ts";
import type { Warehouse } from "../connectors/warehouse.ts";
import type { Changes } from "../db/changes.ts";
import type { DbClient } from "../db/client.ts";
import type { SecretBox } from "../support/crypto.ts";
import type { LockStore } from "../support/lock-store.ts";
import type { Log } from "../support/log.ts";

/** BigQuery, Cloud Storage and Sheets, Google's own or the local cloud's. */
export interface Cloud {
  warehouse: Warehouse;
  objectStore: ObjectStore;
  sheets: Sheets;
}

export interface Clouds {
  /** Where a run that is made now begins; null where neither a project nor a local cloud is named. */
  current(): CloudPlace | null;
  /** One and the same for all that it is asked of: it heeds credentials that are changed. */
  at(place: CloudPlace): Cloud;
  /** What tries the current place, as it is set at this moment. */
  probe(): Promise<CloudProbe>;
}

/** Everything that a service may reach: built once by main.ts, replaced piece by piece in tests. */
export interface Deps extends Pick<DbClient, "db" | "pool">, Cloud {
  log: Log;
  changes: Changes;
  /** `warehouse`, `objectStore` and `sheets` are those of the current place, whichever that is. */
  clouds: Clouds;
  slack: Slack;
  git: Git;
  sqlParser: SqlParser;
  secretBox: SecretBox;
  /** Settings that this process was given; they outweigh those that are stored. */
  givenSettings: Partial<Record<SettingKey, string>>;
  /** The current instant. Leases use PostgreSQL's clock instead. */
  now: () => Date;
  /** In [0, 1), for jitter. */
  random: () => number;
  /** Names this installation in job ids: letters and digits, kept in settings. */
  instanceId: string;
  /** Names this process in leases. */
  processId: string;
  limits: Limits;
  /** The pings of rooms. */
  roomStore: RoomStore;
  /** The locks of watchers. */
  lockStore: LockStore;
  roomTimeouts: RoomTimeouts;
}

export interface RoomTimeouts {
  /** Seconds without a ping after which a room is unresponsive. */
  pingTimeoutSeconds: number;
}

export interface Limits {
  /** BigQuery jobs and transfers at once, over all daemons' table runs. */
  concurrentTableRuns: number;
  concurrentTableRunsPerRun: number;
  /** Of the largest table that is exported to a database. */
  exportMaxRows: number;
  /** As BigQuery counts them. */
  exportMaxBytes: number;
  /** Bytes of a table, on its database's disk, from which its import is divided; 0: none is. */
  importDividedFrom: number;
  /** Seconds that signed URLs of extracts live. */
  signedUrlSeconds: number;
  /** Days that the files of an extract are kept, beside the newest; 0: for ever. */
  extractRetentionDays: number;
  /** The largest table that is written to a sheet. */
  sheetRows: number;
  sheetBytes: number;
  /** Days that runs are kept after their end; 0: for ever. */
  runRetentionDays: number;
}
