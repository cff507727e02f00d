import { pino } from "pino";
import { startEmbeddedPostgres } from "../../server/embedded/postgres.ts";

/** Holds an embedded PostgreSQL in the directory given until it is killed. */
await startEmbeddedPostgres({ directory: process.argv[2] ?? "", log: pino({ level: "silent" }) });
process.send?.("ready");
