import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { startLocalCloud } from "../../../server/embedded/local-cloud.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import { createMysqlDatabase } from "../../connectors/mysql-support.ts";
import { createSourceDatabase } from "../../connectors/support.ts";
import { openFleet } from "./fleet.ts";
import { mysqlPlace, postgresPlace, type SqlPlace } from "./sql-place.ts";

/** What the cases of a test file share: the servers, and processes to be daemons and rooms. */
export async function openSurroundings() {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-transfers-"));
  const log = pino({ level: "silent" });
  const [cloud, postgres, mysql, fleet] = await Promise.all([
    startLocalCloud({ dataDir: directory, host: "127.0.0.1", port: 0, log, standalone: true }),
    createSourceDatabase(),
    createMysqlDatabase(["--group-concat-max-len=1073741824"]),
    openFleet(),
  ]);
  const places: Record<DatabaseKind, SqlPlace> = {
    postgres: postgresPlace(postgres),
    mysql: mysqlPlace(mysql),
  };
  return {
    directory,
    cloudUrl: cloud.url,
    fleet,
    places,
    async close() {
      await fleet.close();
      await cloud.close();
      await Promise.all([postgres.drop(), mysql.drop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type Surroundings = Awaited<ReturnType<typeof openSurroundings>>;
