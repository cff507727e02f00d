import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import mysql from "mysql2";
import pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import type { ReadOutput, ReadSetup } from "./contestants.ts";
import { rssBytes } from "./memory.ts";

/** Rows as objects of JavaScript, made into CSV one by one; or `copy`, as pg-copy-streams has it. */
export async function prepare({ address, directory, table, how }: ReadSetup) {
  const idleRssBytes = rssBytes();
  const path = join(directory, "rows.csv");
  return async (): Promise<ReadOutput> => {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    if (how === "copy") await copy(address, table, path);
    else await pipeline(Readable.from(lines(address, table)), createWriteStream(path));
    return { paths: [path], rows: null, idleRssBytes };
  };
}

async function copy(address: DatabaseAddress, table: string, path: string): Promise<void> {
  const client = await connect(address);
  const stream = client.query(copyTo(`copy (select * from ${table}) to stdout (format csv)`));
  await pipeline(stream, createWriteStream(path));
  await client.end();
}

async function* lines(address: DatabaseAddress, table: string): AsyncGenerator<string> {
  for await (const rows of address.kind === "postgres"
    ? cursor(address, table)
    : streamed(address, table)) {
    yield rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
  }
}

function cell(value: unknown): string {
  if (value === null) return "";
  const text = String(value);
  return text === "" || /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function connect({ host, port, database, username: user, password }: DatabaseAddress) {
  const client = new pg.Client({ host, port, database, user, password });
  await client.connect();
  return client;
}

async function* cursor(address: DatabaseAddress, table: string): AsyncGenerator<unknown[][]> {
  const client = await connect(address);
  const types = { getTypeParser: () => (text: string) => text };
  await client.query("begin");
  await client.query(`declare c cursor for select * from ${table}`);
  for (;;) {
    const { rows } = await client.query({ text: "fetch 1000 from c", rowMode: "array", types });
    if (rows.length === 0) break;
    yield rows;
  }
  await client.end();
}

async function* streamed(address: DatabaseAddress, table: string): AsyncGenerator<unknown[][]> {
  const { host, port, database, username: user, password } = address;
  const client = mysql.createConnection({ host, port, database, user, password });
  const typeCast = (field: { string: () => string | null }) => field.string();
  const query = client.query({ sql: `select * from ${table}`, rowsAsArray: true, typeCast });
  let some: unknown[][] = [];
  for await (const row of query.stream()) {
    some.push(row as unknown[]);
    if (some.length < 1000) continue;
    yield some;
    some = [];
  }
  yield some;
  client.end();
}
