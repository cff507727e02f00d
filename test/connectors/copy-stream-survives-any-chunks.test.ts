import { once } from "node:events";
import { connect as connectTo, createServer, type Server } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { openPostgresSource } from "../../server/connectors/postgres-source.ts";
import { stageRows } from "../../server/connectors/staging-file.ts";
import { createSourceDatabase, nullMarker, type SourceDatabase, withDirectory } from "./support.ts";

let source: SourceDatabase;
beforeAll(async () => {
  source = await createSourceDatabase();
  await source.query(
    `create table rows as select i as id, repeat('x', i % 50) as text from generate_series(1, 2000) i`,
  );
});
afterAll(() => source.drop());

const onFile = () => Promise.resolve();

const open = (address: DatabaseAddress, signal = new AbortController().signal) =>
  openPostgresSource(address, { statementTimeoutSeconds: 60, signal });

/** Forwards to PostgreSQL; what comes back goes through `pass` in pieces. */
async function withProxy<T>(
  pieces: (chunk: Buffer) => Buffer[],
  work: (address: DatabaseAddress) => Promise<T>,
): Promise<T> {
  const proxy: Server = createServer((client) => {
    client.setNoDelay(true);
    const server = connectTo(source.address.port, source.address.host);
    client.pipe(server);
    server.on("data", (chunk) => {
      for (const piece of pieces(chunk)) client.write(piece);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("close", () => other.destroy());
      one.on("error", () => other.destroy());
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  try {
    return await work({ ...source.address, host: "127.0.0.1", port: address.port });
  } finally {
    proxy.close();
  }
}

async function readAll(address: DatabaseAddress) {
  const connection = await open(address);
  try {
    await connection.begin();
    const { columns } = await connection.describe("select * from rows order by id");
    const stream = connection.rows("select * from rows order by id", columns);
    const text = (await buffer(stream)).toString();
    const after = await connection.describe("select 1 as alive");
    return { text, rows: stream.rows, sourceRows: stream.sourceRows, after: after.columns.length };
  } finally {
    await connection.close();
  }
}

test.each([1, 2, 3, 5, 7, 4096])(
  "rows are whole when they come %i bytes at a time",
  async (size) => {
    const whole = await readAll(source.address);
    expect(whole).toMatchObject({ rows: 2000, sourceRows: 2000, after: 1 });
    expect(whole.text.split("\n")).toHaveLength(2001);
    const cut = (chunk: Buffer) =>
      Array.from({ length: Math.ceil(chunk.length / size) }, (_, at) =>
        Buffer.from(chunk.subarray(at * size, (at + 1) * size)),
      );
    expect(await withProxy(cut, readAll)).toEqual(whole);
  },
);

test("a connection that breaks in the middle is a passing fault, and stages nothing", async () => {
  let passed = 0;
  /** Holds back what comes after the first rows, so that the break falls among them. */
  const first = (chunk: Buffer) => {
    passed += chunk.length;
    return passed > 30_000 ? [] : [chunk];
  };
  await withDirectory(async (directory) => {
    await withProxy(first, async (address) => {
      const connection = await open(address);
      await connection.begin();
      const { columns } = await connection.describe("select * from rows");
      const stream = connection.rows("select * from rows", columns);
      const options = { stream, columns, directory, nullMarker, onFile };
      const staging = stageRows(options).catch((error) => connection.describeFault(error));
      await source.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'maestro import' and datname = current_database()",
      );
      expect(await staging).toMatchObject({ code: "database", retryable: true });
      await connection.close();
    });
  });
});

const stageAll = (table: string) =>
  withDirectory(async (directory) => {
    const connection = await open(source.address);
    try {
      await connection.begin();
      const { columns } = await connection.describe(`select * from ${table}`);
      const stream = connection.rows(`select * from ${table}`, columns);
      return await stageRows({ stream, columns, directory, nullMarker, onFile });
    } finally {
      await connection.close();
    }
  });

test("a row of many megabytes is staged like any other", async () => {
  await source.query("create table wide as select 1 as id, repeat('漢', 5000000) as text");
  expect(await stageAll("wide")).toMatchObject({ rows: 1, format: "PARQUET" });
});

test("a row larger than BigQuery's is refused with what to do", async () => {
  await source.query(`create table huge as
    select repeat('x', 60000000) as a, repeat('y', 60000000) as b`);
  await expect(stageAll("huge")).rejects.toThrow(
    /a row is larger than 110 MB, .* leave its large values out/,
  );
});

test("a thousand short columns are no rows that are too large", async () => {
  const list = Array.from({ length: 1_000 }, (_, at) => `'value ' || i as c${at}`);
  await source.query(`create view columns as select ${list} from generate_series(1, 300) i`);
  expect(await stageAll("columns")).toMatchObject({ rows: 300, format: "PARQUET" });
});

test("an import is cancelled while the source computes, and the source stops computing", async () => {
  const stopping = new AbortController();
  const connection = await open(source.address, stopping.signal);
  await connection.begin();
  const slow = "select a.id from rows a, rows b, rows c where a.id + b.id + c.id < 0";
  const { columns } = await connection.describe(slow);
  const stream = connection.rows(slow, columns);
  const reading = buffer(stream).catch((error: unknown) => connection.describeFault(error));
  const running = () =>
    source.query(
      "select from pg_stat_activity where state = 'active' and query like 'copy (select%'",
    );
  await expect.poll(async () => (await running()).length, { timeout: 10_000 }).toBe(1);
  stopping.abort();
  expect(await reading).toMatchObject({ code: "database" });
  await expect.poll(async () => (await running()).length, { timeout: 10_000 }).toBe(0);
  await connection.close();
});
