import type { DatabaseKind } from "../../../shared/database.ts";
import type { ExportMode } from "../../../shared/table.ts";
import type { Site } from "./sites.ts";

/* The life of an export, from its claim to the removal of the files that it read. */

const pin = { postgres: "set standard_conforming_strings", mysql: "set session sql_mode" };
const rows = { postgres: "from stdin with", mysql: "load data local infile" };
/** As a statement alone: the protocol's header, and nothing after it. */
const commit = { postgres: "Q\0\0\0\u000bcommit\0", mysql: "\u0003commit" };
const swap = { postgres: "drop table", mysql: "rename table" };

const download = /^GET .*\/o\/exports.*alt=media/;

const common = (kind: DatabaseKind): Record<string, Site> => ({
  "as its claim is committed": { commit: "pg_advisory_xact_lock", phase: "after" },
  "as its files are listed": { request: /^GET .*\/o\?.*prefix=exports/, phase: "before" },
  "as its files arrive": { request: download, phase: "after" },
  "as it has connected": { sends: pin[kind], phase: "answered" },
  "as the rows begin": { sends: rows[kind], phase: "before" },
  "as half the rows are written": { sends: rows[kind], phase: "written", bytes: 300_000 },
  "as all rows are written": { sends: rows[kind], phase: "answered", bytes: 30 },
  "before it is settled": { commit: `"result" = `, phase: "before" },
  "as it is settled": { commit: `"result" = `, phase: "after" },
});

const last: Record<ExportMode, (kind: DatabaseKind) => Record<string, Site>> = {
  replace: (kind) => ({
    "before the swap": { sends: swap[kind], phase: "before" },
    "as it is swapped": {
      sends: kind === "mysql" ? swap.mysql : commit.postgres,
      phase: "answered",
    },
  }),
  append: (kind) => ({
    "before the commit": { sends: commit[kind], phase: "before" },
    "as it is committed": { sends: commit[kind], phase: "answered" },
  }),
  upsert: () => ({}),
};

export const exportSites = (kind: DatabaseKind, mode: ExportMode): Record<string, Site> => ({
  ...(mode === "replace" ? common(kind) : {}),
  ...last[mode](kind),
});
