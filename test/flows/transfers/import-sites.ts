import type { DatabaseKind } from "../../../shared/database.ts";
import type { Site } from "./sites.ts";

/*
 * The life of an import, from its claim to the removal of what it staged. At the first sites its room
 * is at work, at the last ones the daemon.
 */

const pin = { postgres: "set standard_conforming_strings", mysql: "set session sql_mode" };
const snapshot = {
  postgres: "begin isolation level repeatable read",
  mysql: "start transaction with consistent snapshot",
};
const rows = { postgres: "copy (select", mysql: "\u0003SELECT " };

const upload = /^PUT .*upload_id=/;

export const roomSites = (kind: DatabaseKind): Record<string, Site> => ({
  "as its claim is committed": { commit: "pg_advisory_xact_lock", phase: "after" },
  "as it has connected": { sends: pin[kind], phase: "before" },
  "as its snapshot is open": { sends: snapshot[kind], phase: "answered" },
  "as the first rows come": { sends: rows[kind], phase: "answered" },
  "as half the rows have come": { sends: rows[kind], phase: "answered", bytes: 400_000 },
  "as all is staged": { request: /^POST .*uploadType=resumable/, phase: "before" },
  "as its upload begins": { request: upload, phase: "before" },
  "in the middle of its upload": { request: upload, phase: "body", bytes: 50_000 },
  "as its upload is whole": { request: upload, phase: "after" },
  "before it is settled": { commit: `"result" = `, phase: "before" },
  "as it is settled": { commit: `"result" = `, phase: "after" },
});

export const daemonSites: Record<string, Site> = {
  "before the load is submitted": { request: /^POST .*\/jobs/, phase: "before" },
  "as the load is submitted": { request: /^POST .*\/jobs/, phase: "after" },
  "before load and watermark are committed": { commit: `"last_id" = `, phase: "before" },
  "as load and watermark are committed": { commit: `"last_id" = `, phase: "after" },
  "before staged files are removed": { request: /^DELETE .*\/o\/imports/, phase: "before" },
  "as staged files are removed": { request: /^DELETE .*\/o\/imports/, phase: "after" },
};
