import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  addressOf,
  createSourceDatabase,
  type SourceDatabase,
  stage,
  stageAndRead,
  withDirectory,
} from "./support.ts";

const name = `ascii_${process.pid}`;
let owner: SourceDatabase;
let source: SourceDatabase;

beforeAll(async () => {
  owner = await createSourceDatabase();
  await owner.query(
    `create database ${name} encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'`,
  );
  const url = new URL(owner.connectionString);
  url.pathname = `/${name}`;
  const connectionString = url.href;
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(
    "create table words as select 1 as id, convert_from('\\x636166e9', 'sql_ascii') as word",
  );
  await client.end();
  source = { ...owner, connectionString, address: addressOf(connectionString) };
});
afterAll(async () => {
  await owner.query(`drop database if exists ${name}`);
  await owner.drop();
});

test("a text that is not UTF-8 is refused with what to write instead", async () => {
  const staging = withDirectory((directory) => stage(source, "select * from words", directory));
  await expect(staging).rejects.toThrow(
    /a text of the source is not UTF-8, .*0xe9.*by convert_to\(column, 'sql_ascii'\)/,
  );
});

test("written so, its bytes arrive", async () => {
  const select = "select id, convert_to(word, 'sql_ascii') as word from words";
  const { columns, table } = await stageAndRead(source, select);
  expect(columns.map(({ type }) => type)).toEqual(["INT64", "BYTES"]);
  expect(table.rows).toEqual([["1", "caf\\xE9"]]);
});
