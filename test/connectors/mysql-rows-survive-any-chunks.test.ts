import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect as connectTo, createServer } from "node:net";
import { Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { stageRows } from "../../server/connectors/staging-file.ts";
import { createMysqlDatabase, type MysqlDatabase, openMysql } from "./mysql-support.ts";
import { nullMarker, withDirectory } from "./support.ts";

let source: MysqlDatabase;
beforeAll(async () => {
  source = await createMysqlDatabase();
  await source.query(
    `create table chunky as select seq as id, repeat('x"', seq % 50) as text, if(seq % 3, null, '') as empty,
       repeat(char(seq % 256), seq % 300) as bytes from seq_1_to_2000`,
  );
});
afterAll(() => source.drop());

/** Forwards to the server; what comes back goes through `pieces`. */
async function withProxy<T>(
  pieces: (chunk: Buffer) => Buffer[],
  work: (address: DatabaseAddress, cut: () => void) => Promise<T>,
): Promise<T> {
  const sockets: { destroy(): void }[] = [];
  const proxy = createServer((client) => {
    client.setNoDelay(true);
    const server = connectTo(source.address.port, source.address.host);
    sockets.push(client, server);
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
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  try {
    return await work({ ...source.address, host: "127.0.0.1", port: address.port }, cut);
  } finally {
    cut();
    proxy.close();
  }
}

async function readAll(address: DatabaseAddress, select = "select * from chunky order by id") {
  const connection = await openMysql(address);
  try {
    await connection.begin();
    const { columns } = await connection.describe(select);
    const stream = connection.rows(select, columns);
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
    const rows = await source.query("select * from chunky order by id");
    const cells = rows.map(({ id, text, empty, bytes }) => [
      `"${id}"`,
      `"${String(text).replaceAll('"', '""')}"`,
      empty === null ? "N" : '""',
      `"\\x${(bytes as Buffer).toString("hex")}"`,
    ]);
    const text = cells.map((row) => `${row.join(",")}\n`).join("");
    const cut = (chunk: Buffer) =>
      Array.from({ length: Math.ceil(chunk.length / size) }, (_, at) =>
        Buffer.from(chunk.subarray(at * size, (at + 1) * size)),
      );
    const arrived = await withProxy(cut, (address) => readAll(address));
    expect(arrived).toMatchObject({ rows: 2000, sourceRows: 2000, after: 1 });
    expect(arrived.text === text).toBe(true);
  },
);

test("values of many packets arrive, and those at the border of one", async () => {
  await source.query("create table large (id int, v longtext, b longblob)");
  // 16,777,215 bytes are a full packet: 2 of the id, 4 of each length, 1 of the empty bytes.
  const lengths = [16_777_207, 16_777_208, 16_777_209, 20_000_000, 40_000_000];
  for (const [id, length] of lengths.entries()) {
    await source.query(`insert into large values (${id}, repeat('y', ${length}), '')`);
  }
  await source.query("insert into large values (9, 'end', repeat('z', 17000000))");
  const connection = await openMysql(source.address);
  await connection.begin();
  const { columns } = await connection.describe("select * from large order by id");
  const stream = connection.rows("select * from large order by id", columns);
  const hash = createHash("md5");
  const into = new Writable({
    write(chunk, _encoding, done) {
      hash.update(chunk);
      done();
    },
  });
  await pipeline(stream, into);
  await connection.close();
  const expected = createHash("md5");
  for (const [id, length] of lengths.entries()) {
    expected.update(`"${id}","`).update(Buffer.alloc(length, "y")).update('","\\x"\n');
  }
  expected.update('"9","end","\\x').update(Buffer.alloc(34_000_000, "7a")).update('"\n');
  expect(stream.sourceRows).toBe(6);
  expect(hash.digest("hex")).toBe(expected.digest("hex"));
});

test("as many columns as the server has room for arrive", async () => {
  const names = Array.from({ length: 400 }, (_, at) => `c${at}`);
  await source.query(`create table broad (${names.map((name) => `${name} tinyint`).join(", ")})`);
  await source.query(`insert into broad values (${names.map((_, at) => at % 100).join(", ")})`);
  const { text } = await readAll(source.address, "select * from broad");
  expect(text).toBe(`${names.map((_, at) => `"${at % 100}"`).join(",")}\n`);
});

test("no rows are no rows", async () => {
  const none = await readAll(source.address, "select * from chunky where id < 0");
  expect(none).toEqual({ text: "", rows: 0, sourceRows: 0, after: 1 });
});

const slow = "select a.id from chunky a, chunky b, chunky c where a.id + b.id + c.id > 0";

test("a statement that takes too long is ended by the server, in the middle of its rows", async () => {
  const connection = await openMysql(source.address, { seconds: 1 });
  await connection.begin();
  const { columns } = await connection.describe(slow);
  const stream = connection.rows(slow, columns);
  await expect(
    pipeline(stream, new Writable({ write: (_chunk, _encoding, done) => done() })).catch(
      (error) => {
        throw connection.describeFault(error);
      },
    ),
  ).rejects.toMatchObject({ code: "database", reason: "ER_STATEMENT_TIMEOUT" });
  expect(stream.rows).toBeGreaterThan(0);
  expect((await connection.describe("select 1 as alive")).columns).toHaveLength(1);
  await connection.close();
});

test("a connection that breaks in the middle is a passing fault, and stages nothing", async () => {
  let passed = 0;
  const pass = (chunk: Buffer) => {
    passed += chunk.length;
    return [chunk];
  };
  await withDirectory(async (directory) => {
    await withProxy(pass, async (address, cut) => {
      const connection = await openMysql(address);
      await connection.begin();
      const { columns } = await connection.describe(slow);
      const stream = connection.rows(slow, columns);
      const onFile = () => Promise.resolve();
      const options = { stream, columns, directory, nullMarker, onFile };
      const staging = stageRows(options).catch((error) => connection.describeFault(error));
      await expect.poll(() => passed, { timeout: 10_000 }).toBeGreaterThan(1_000_000);
      cut();
      expect(await staging).toMatchObject({ code: "database", retryable: true });
      await connection.close();
    });
  });
});

test("an import is cancelled while the source computes, and the source stops computing", async () => {
  const stopping = new AbortController();
  const connection = await openMysql(source.address, { signal: stopping.signal });
  await connection.begin();
  const silent = slow.replace("> 0", "< 0");
  const { columns } = await connection.describe(silent);
  const stream = connection.rows(silent, columns);
  const reading = buffer(stream).catch((error: unknown) => connection.describeFault(error));
  const running = () =>
    source.query(
      "select 1 from information_schema.processlist where command = 'Query' and info like 'select a.id%'",
    );
  await expect.poll(async () => (await running()).length, { timeout: 10_000 }).toBe(1);
  stopping.abort();
  expect(await reading).toMatchObject({ code: "database" });
  await expect.poll(async () => (await running()).length, { timeout: 10_000 }).toBe(0);
  await connection.close();
});

test("a reader that stops leaves no connection behind", async () => {
  const connection = await openMysql(source.address);
  await connection.begin();
  const { columns } = await connection.describe(slow);
  const stream = connection.rows(slow, columns);
  await once(stream, "readable");
  await connection.close();
  const running = () =>
    source.query("select 1 from information_schema.processlist where info like 'select a.id%'");
  await expect.poll(async () => (await running()).length, { timeout: 10_000 }).toBe(0);
});

test("what MySQL would put another value for fails the import", async () => {
  await source.query("create table words (v varchar(20), d int)");
  await source.query("insert into words values ('12 apples', 0)");
  const fault = async (select: string) => {
    const connection = await openMysql(source.address);
    try {
      await connection.begin();
      const { columns } = await connection.describe(select);
      await buffer(connection.rows(select, columns));
      return null;
    } catch (error) {
      return connection.describeFault(error).message;
    } finally {
      await connection.close();
    }
  };
  expect(await fault("select cast(v as signed) as v from words")).toMatch(/Truncated.*12 apples/);
  expect(await fault("select cast(v as date) as v from words")).toMatch(/12 apples/);
  expect(await fault("select v from words where v = 12")).toMatch(/12 apples/);
  expect(await fault("select 1 / d as v from words")).toMatch(/Division by 0/i);
  expect(await fault("select concat(repeat(v, 10000000), v) as v from words")).toMatch(
    /max_allowed_packet/,
  );
  expect(await fault("select v from words where v = '12 apples'")).toBe(null);
});
