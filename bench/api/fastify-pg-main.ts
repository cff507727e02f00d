/*
 * The least that a program would do for the same list, written by hand: one route of fastify, one
 * prepared statement of pg, one answer as JSON. With a token it looks up whose it is first, by one more
 * prepared statement, as every server with people does.
 */
import { createHash } from "node:crypto";
import fastify from "fastify";
import pg from "pg";

const instant = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const listJobs = `
  select j.id::float8 as id, j.bq_job_id as "bqJobId", j.step, j.attempt, j.state,
    j.table_id::float8 as "tableId", d.name || '.' || t.name as "tableName",
    r.run_id::float8 as "runId", j.table_run_id::float8 as "tableRunId", j.error,
    j.bytes_processed::float8 as "bytesProcessed", j.bytes_billed::float8 as "bytesBilled",
    j.slot_ms::float8 as "slotMs", j.cache_hit as "cacheHit",
    coalesce((select jsonb_agg(concat_ws('.', s ->> 'projectId', s ->> 'datasetId', s ->> 'tableId'))
      from jsonb_array_elements(j.statistics #> '{query,referencedTables}') s), '[]')
      as "referencedTables",
    j.statistics_error as "statisticsError", ${instant("j.created_at")} as "createdAt",
    ${instant("to_timestamp((j.statistics ->> 'creationTime')::float8 / 1000)")} as "acceptedAt",
    ${instant("j.started_at")} as "startedAt", ${instant("j.ended_at")} as "endedAt"
  from jobs j
  left join table_runs r on r.id = j.table_run_id
  left join tables t on t.id = j.table_id
  left join datasets d on d.id = t.dataset_id
  order by j.id desc limit $1`;

const findToken = `
  select u.id::float8 as id from api_tokens a join users u on u.id = a.user_id
  where a.token_sha256 = $1 and not u.disabled and a.revoked_at is null
    and (a.expires_at is null or a.expires_at > now()) and 'read' = any(a.scopes)`;

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 });
const server = fastify();
server.get<{ Querystring: { limit: string } }>("/jobs", async (request, reply) => {
  const token = request.headers["x-api-token"];
  if (typeof token === "string" && !(await isKnown(token))) return reply.code(401).send();
  const values = [Number(request.query.limit)];
  const { rows } = await pool.query({ name: "jobs", text: listJobs, values });
  return rows;
});

async function isKnown(token: string): Promise<boolean> {
  const sha256 = createHash("sha256").update(token).digest();
  const { rows } = await pool.query({ name: "token", text: findToken, values: [sha256] });
  return rows.length === 1;
}

process.once("disconnect", () => process.exit(0));
process.send?.({ url: await server.listen({ host: "127.0.0.1", port: 0 }) });
