import { availableParallelism } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { ChildTask } from "../support/child.ts";
import type { Answer, TaskSetup } from "./setting.ts";

/** DuckDB's own SQL on a file of its own, with as many threads and as much memory as ours. */
export const prepare: ChildTask<TaskSetup, string, Answer>["prepare"] = async ({
  directory,
  files,
}) => {
  const instance = await DuckDBInstance.create(join(directory, "peer.duckdb"));
  const connection = await instance.connect();
  await connection.run(`SET threads = ${availableParallelism()}`);
  for (const [table, path] of Object.entries(files)) {
    await connection.run(`CREATE OR REPLACE TABLE ${table} AS SELECT * FROM '${path}'`);
  }
  return async (sql) => {
    const result = await connection.run(sql);
    return (await result.getRowsJson()).map((row) =>
      row.map((value) => (value === null ? null : String(value))),
    );
  };
};
