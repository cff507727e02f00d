import { afterAll, beforeAll, expect, test } from "vitest";
import { exportSelect, field } from "./export-support.ts";
import { createSourceDatabase, type SourceDatabase } from "./support.ts";

let target: SourceDatabase;
beforeAll(async () => {
  target = await createSourceDatabase();
});
afterAll(() => target.drop());

const fields = [field("id", "INTEGER"), field("name", "STRING")];
const rowsUpTo = (count: number) =>
  `select i::bigint as id, 'row ' || i as name from range(1, ${count + 1}) r(i)`;
const select = (count: number, table: string) =>
  exportSelect(target.address, rowsUpTo(count), fields, { table });

test("a table that is not there is made, and the same again changes nothing", async () => {
  const first = await select(3, "fresh");
  expect(first.rows).toBe(3);
  await select(3, "fresh");
  expect(await target.query("select * from fresh order by id")).toEqual([
    { id: "1", name: "row 1" },
    { id: "2", name: "row 2" },
    { id: "3", name: "row 3" },
  ]);
  const left = await target.query("select relname from pg_class where relname like 'maestro%'");
  expect(left).toEqual([]);
});

test("grants, keys, indexes, comments, defaults, sequences and settings stay", async () => {
  await target.query("drop role if exists export_reader").catch(() => undefined);
  await target.query("create role export_reader");
  await target.query(`
    create table place (code text primary key);
    insert into place values ('row 1'), ('row 2'), ('row 3'), ('row 4');
    create table kept (
      id bigint constraint kept_key primary key,
      name varchar(40) not null constraint short check (length(name) < 30) references place,
      serial_no serial,
      numbered int generated always as identity (start 100),
      loaded_at timestamptz default '2020-01-01',
      upper_name text generated always as (upper(name)) stored,
      dropped int
    ) with (fillfactor = 70);
    create unique index kept_lower on kept (lower(name)) where id > 0;
    create index on kept (dropped);
    comment on table kept is 'the table''s comment';
    comment on column kept.name is 'the name';
    comment on index kept_lower is 'lower';
    insert into kept (id, name) values (1, 'row 1');
    grant select on kept to export_reader;
    grant update (name) on kept to export_reader with grant option;`);
  const before = await describe("kept");
  expect((await select(3, "kept")).notes).toEqual([]);
  await select(4, "kept");
  const after = await describe("kept");
  expect(after).toEqual({
    ...before,
    columns: before.columns.filter(({ name }) => name !== "dropped"),
    indexes: before.indexes.filter(({ definition }) => !/dropped/.test(String(definition))),
  });
  expect(
    await target.query("select id, name, serial_no, numbered, upper_name from kept order by id"),
  ).toEqual(
    [1, 2, 3, 4].map((id) => ({
      id: String(id),
      name: `row ${id}`,
      serial_no: 4 + id,
      numbered: 103 + id,
      upper_name: `ROW ${id}`,
    })),
  );
  await target.query("insert into kept (id, name) values (9, 'row 4')").catch((error) => {
    expect(error.message).toMatch(/kept_lower/);
  });
});

test("a view goes on reading it, and so does who had looked before", async () => {
  await target.query("create table seen as select 0::bigint as id, 'old'::text as name");
  await target.query("create view seen_view as select count(*)::int as n from seen");
  const done = await select(5, "seen");
  expect(await target.query("select n from seen_view")).toEqual([{ n: 5 }]);
  expect(done.notes.join()).toMatch(/in place.*view.*seen_view/);
});

test("a reader that polls sees the old rows or the new ones, whole", async () => {
  for (const table of ["polled", "polled_by_view"]) {
    await select(1000, table);
    if (table === "polled_by_view") await target.query(`create view v as select * from ${table}`);
    const seen = new Set<string>();
    let isDone = false;
    const polling = (async () => {
      while (!isDone) {
        const [row] = await target.query(
          `select count(*)::int as n, max(id)::int as m from ${table}`,
        );
        seen.add(`${row!["n"]}/${row!["m"]}`);
      }
    })();
    for (const count of [60_000, 1000, 50_000]) await select(count, table);
    isDone = true;
    await polling;
    const whole = ["1000/1000", "60000/60000", "50000/50000"];
    expect([...seen].filter((each) => !whole.includes(each))).toEqual([]);
    expect(seen.size).toBeGreaterThan(1);
  }
});

test("an older snapshot finds the new table full, not empty", async () => {
  await select(2, "frozen");
  const { default: pg } = await import("pg");
  const old = new pg.Client({ connectionString: target.connectionString });
  await old.connect();
  await old.query("begin isolation level repeatable read");
  await old.query("select 1 from pg_class limit 1");
  await select(7, "frozen");
  const { rows } = await old.query("select count(*)::int as n from frozen");
  await old.end();
  expect(rows).toEqual([{ n: 7 }]);
});

test("a column that a generated one needs is missed by its name", async () => {
  await target.query(
    "create table priced (id bigint, name text, price int, twice int generated always as (price * 2) stored)",
  );
  await expect(select(1, "priced")).rejects.toMatchObject({
    code: "database",
    message: expect.stringMatching(
      /"priced" has generated columns \(twice\) that need its column price.*have price in the query/,
    ),
  });
});

test("rows that a foreign key of another table points at are not deleted", async () => {
  await target.query(`create table parent (id bigint primary key, name text);
    insert into parent values (1, 'x');
    create table child (id bigint references parent on delete cascade); insert into child values (1)`);
  await expect(select(3, "parent")).rejects.toMatchObject({
    message: expect.stringMatching(/child_id_fkey of public.child .*upsert/),
  });
  expect(await target.query("select * from child")).toHaveLength(1);
});

async function describe(table: string) {
  const one = async (sql: string) => target.query(sql, [table]);
  return {
    columns: (await one(
      `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull, attidentity, attgenerated,
         replace(pg_get_expr(adbin, adrelid), '', '') as "default", col_description(attrelid, attnum) as comment,
         attacl::text from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
       where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    )) as { name: string }[],
    indexes: await one(
      `select pg_get_indexdef(indexrelid) as definition, obj_description(indexrelid) as comment
       from pg_index where indrelid = $1::regclass order by 1`,
    ),
    constraints: await one(
      `select conname, pg_get_constraintdef(oid) as definition from pg_constraint
       where conrelid = $1::regclass order by 1`,
    ),
    table: await one(
      `select array(select unnest(relacl)::text order by 1) as acl, reloptions, relowner, obj_description(oid) as comment from pg_class where oid = $1::regclass`,
    ),
  };
}
