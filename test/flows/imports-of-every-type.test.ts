import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMysqlDatabase, type MysqlDatabase } from "../connectors/mysql-support.ts";
import { createSourceDatabase, type SourceDatabase } from "../connectors/support.ts";
import { openImportFlow } from "./import-flow.ts";
import type { TypeCase } from "./import-types.ts";
import { mysqlTypes } from "./import-types-mysql.ts";
import { postgresSetup, postgresTypes } from "./import-types-postgres.ts";

/** The rows of the table under a heading of docs/imports.md: names of types, and BigQuery's. */
function documented(heading: string): { names: string[]; bigquery: string }[] {
  const text = readFileSync(new URL("../../docs/imports.md", import.meta.url), "utf8");
  const section = text.split(`### ${heading}\n`)[1]?.split(/\n##/)[0] ?? "";
  return [...section.matchAll(/^\| (.*?) \| (.*?) \|/gm)]
    .slice(1)
    .map(([, types = "", bigquery = ""]) => ({
      names: [...types.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
      bigquery: /`(REPEATED|\w+)`/.exec(bigquery)?.[1] ?? "",
    }));
}

/** BigQuery's REST API calls some types by their older names. */
const restNames = new Map([
  ["INT64", "INTEGER"],
  ["FLOAT64", "FLOAT"],
  ["BOOL", "BOOLEAN"],
]);

const isJson = ({ bigquery }: TypeCase) => bigquery === "JSON";
const isArray = (one: TypeCase) => one.isArray === true;

/** Each set of columns is staged in another format. */
const sets: [name: string, format: string, chosen: (cases: TypeCase[]) => TypeCase[]][] = [
  ["every_parquet", "Parquet", (cases) => cases.filter((one) => !isJson(one))],
  ["every_csv", "CSV", (cases) => cases.filter((one) => !isArray(one))],
  ["every_json", "JSON lines", (cases) => cases],
];

/** Beside an array JSON's own null is refused, and JSON is written anew. */
function valuesIn(table: string, one: TypeCase): TypeCase["values"] {
  if (!isJson(one) || table !== "every_json") return one.values;
  return one.values
    .filter(([, arrived]) => arrived !== "null")
    .map(([sql, arrived]) => [sql, JSON.parse(String(arrived))]);
}

function readBack(table: string, one: TypeCase, value: unknown): unknown {
  return isJson(one) && table === "every_json" && value !== null
    ? JSON.parse(String(value))
    : value;
}

function testTypes(kind: string, cases: TypeCase[], open: () => Promise<Flow>) {
  describe(kind, () => {
    let flow: Flow;
    beforeAll(async () => {
      flow = await open();
    });
    afterAll(() => flow.close());

    test("the documented table names each type, and what it becomes", () => {
      const rows = documented(kind);
      expect(rows.length).toBeGreaterThan(10);
      const wrong = cases.filter(
        ({ name, bigquery, isArray: repeated }) =>
          !rows.some(
            (row) =>
              row.names.includes(name) && row.bigquery === (repeated ? "REPEATED" : bigquery),
          ),
      );
      expect(wrong.map(({ name }) => name)).toEqual([]);
      const tried = new Set(cases.map(({ name }) => name));
      expect(rows.flatMap(({ names }) => names).filter((name) => !tried.has(name))).toEqual([]);
    });

    test.each(sets.filter(([table]) => kind === "PostgreSQL" || table !== "every_json"))(
      "%s: each value of each type arrives by %s as it was",
      async (table, _format, choose) => {
        const chosen = choose(cases);
        const columns = chosen.map((one, at) => `c${at} ${one.sql ?? one.name}`);
        await flow.query(`create table ${table} (id int primary key, ${columns.join(", ")})`);
        const values = chosen.map((one) => valuesIn(table, one));
        const rows = Math.max(...values.map((of) => of.length)) + 1;
        for (let row = 0; row < rows; row++) {
          const literals = values.map((of) => of[row]?.[0] ?? "null");
          await flow.query(`insert into ${table} values (${[row, ...literals].join(", ")})`);
        }
        const id = await flow.create({ name: table, importTable: table });
        expect(await flow.run(id)).toEqual({ state: "succeeded", reason: null, rowCount: rows });
        const arrived = await flow.preview(table);
        const types = arrived.schema.slice(1).map(({ type, mode }) => [type, mode === "REPEATED"]);
        expect(types).toEqual(
          chosen.map((one) => [restNames.get(one.bigquery) ?? one.bigquery, isArray(one)]),
        );
        const byId = new Map(arrived.rows.map((row) => [Number(row[0]), row]));
        const differing = chosen.flatMap((one, at) =>
          Array.from({ length: rows }, (_, row) => {
            const [sql, expected] = values[at]?.[row] ?? ["null", one.isArray ? [] : null];
            const got = readBack(table, one, byId.get(row)?.[at + 1]);
            return { type: one.sql ?? one.name, sql, expected, got };
          }).filter(({ expected, got }) => !isSame(expected, got)),
        );
        expect(differing).toEqual([]);
      },
    );

    const refusals = cases.flatMap((one) =>
      (one.refused ?? []).map(([sql, says]) => [one.sql ?? one.name, sql, says] as const),
    );
    test("a value that BigQuery has not fails its import, and says which and what to do", async () => {
      const told: string[] = [];
      const tryOne = async ([type, sql, says]: (typeof refusals)[number], at: number) => {
        const name = `refused_${at}`;
        await flow.query(`create table ${name} (id int, v ${type})`);
        await flow.query(`insert into ${name} values (1, null), (2, ${sql})`);
        const { state, reason } = await flow.run(await flow.create({ name, importTable: name }));
        if (state !== "failed" || !says.test(reason ?? "")) told.push(`${type} ${sql}: ${reason}`);
        // As the refusal says, it arrives as a text.
        const query = `select v::text as v from ${name} where v is not null`;
        const text = await flow.run(await flow.create({ name: `as_text_${at}`, query }));
        if (text.rowCount !== 1) told.push(`${type} ${sql} as text: ${text.reason}`);
      };
      await Promise.all(refusals.map(tryOne));
      expect(told).toEqual([]);
    }, 120_000);
  });
}

function isSame(expected: unknown, got: unknown): boolean {
  return Object.is(expected, got) || JSON.stringify(expected) === JSON.stringify(got)
    ? !Object.is(expected, -0) || Object.is(got, -0)
    : false;
}

type Flow = Awaited<ReturnType<typeof openImportFlow>> & {
  query(statement: string): Promise<unknown>;
};

let postgres: SourceDatabase | undefined;
let mysql: MysqlDatabase | undefined;
afterAll(async () => {
  await postgres?.drop();
  await mysql?.drop();
});

testTypes("PostgreSQL", postgresTypes, async () => {
  postgres = await createSourceDatabase();
  await postgres.query(postgresSetup);
  return { ...(await openImportFlow(postgres.address)), query: postgres.query };
});

testTypes("MySQL and MariaDB", mysqlTypes, async () => {
  mysql = await createMysqlDatabase();
  return { ...(await openImportFlow(mysql.address)), query: mysql.query };
});
