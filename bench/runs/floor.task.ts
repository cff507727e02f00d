import type { BigQuery } from "@google-cloud/bigquery";
import { Agent, request } from "undici";
import { createGoogleClients } from "../../server/connectors/google-clients.ts";
import { createDbClient } from "../../server/db/client.ts";
import type { Surroundings } from "./setting.ts";
import { type Timed, timed } from "./timed.ts";

export interface FloorInput {
  count: number;
  /** How many jobs at a time. */
  width: number;
  durationMs: number;
}

/** `client`: Google's. `http`: undici, with nothing around it. */
export type FloorVia = "client" | "http";

type Call = (call: { path: string; query?: Record<string, string>; body?: object }) => Promise<{
  jobComplete?: boolean;
}>;

/**
 * What any engine has to pay for a job: one commit of its row, and two calls, the insert and the
 * await that says it is done. Nobody is claimed, nothing is ordered, no end is written.
 */
export async function prepare(setup: Surroundings & { via: FloorVia }) {
  const { connectionString, warehouseUrl, via } = setup;
  const { pool } = createDbClient({ connectionString, poolSize: 16, applicationName: "floor" });
  await pool.query("create table if not exists floor (id text primary key, body jsonb)");
  const call = via === "client" ? await clientCall(warehouseUrl) : httpCall(warehouseUrl);
  let batch = 0;
  return async ({ count, width, durationMs }: FloorInput): Promise<Timed> => {
    batch += 1;
    let next = 0;
    const work = async () => {
      while (next < count) {
        next += 1;
        const jobId = `floor_${via}_${batch}_${next}_d${durationMs}`;
        const table = { projectId: "test", datasetId: "floor", tableId: jobId };
        const configuration = { query: { query: "select 1", destinationTable: table } };
        await pool.query("insert into floor values ($1, $2)", [jobId, configuration]);
        const jobReference = { projectId: "test", jobId };
        await call({ path: "/jobs", body: { jobReference, configuration } });
        const query = { timeoutMs: "10000", maxResults: "0" };
        while (!(await call({ path: `/queries/${jobId}`, query })).jobComplete);
      }
    };
    return timed(async () => {
      await Promise.all(Array.from({ length: width }, work));
    });
  };
}

async function clientCall(localCloudUrl: string): Promise<Call> {
  const options = { projectId: "test", location: "US", localCloudUrl };
  const { bigquery } = await createGoogleClients(options);
  return ({ path, query, body }) =>
    new Promise((resolve, reject) => {
      const sent = body ? { method: "POST", uri: path, json: body } : { uri: path, qs: query };
      bigquery.request(sent as Parameters<BigQuery["request"]>[0], (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
}

function httpCall(warehouseUrl: string): Call {
  const dispatcher = new Agent();
  const base = `${warehouseUrl}/bigquery/v2/projects/test`;
  return async ({ path, query, body }) => {
    const answer = await request(`${base}${path}`, {
      dispatcher,
      ...(query ? { query } : {}),
      ...(body
        ? {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
          }
        : {}),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode}: ${text}`);
    return JSON.parse(text);
  };
}
