import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { tables } from "../../../drizzle/schema/tables.ts";
import { transferParts } from "../../../drizzle/schema/transfer-parts.ts";
import { type TransferResult, transfers } from "../../../drizzle/schema/transfers.ts";
import type { ObjectStore } from "../../../server/connectors/object-store.ts";
import { type Room, startRoom } from "../../../server/daemon/room.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import { enqueueTransfers } from "../../../server/services/transfers/enqueue-transfers.ts";
import { abortable } from "../../../server/support/abortable.ts";
import type { TableDefinitionInput } from "../../../shared/table.ts";
import { createSourceDatabase, type SourceDatabase } from "../../connectors/support.ts";
import { until } from "../../support/until.ts";
import { insertImportTable, insertTableRun } from "./fixture.ts";
import { createFolderStore } from "./folder-store.ts";
import { actor, openTransferDeps } from "./support.ts";

const columns = "coalesce(id::text, '~') || '|' || coalesce(name, '~')";
const digest = `count(*) || ' rows, ' || coalesce(md5(string_agg(${columns}, ',' order by ${columns})), '') as digest`;

/** A source and rooms in this process, of a test file in which imports are divided. */
export function createDividedImports() {
  let opened: Awaited<ReturnType<typeof openTransferDeps>>;
  let source: SourceDatabase;
  let folder: string;
  let databaseId: number;
  const rooms: Room[] = [];

  beforeAll(async () => {
    source = await createSourceDatabase();
  });
  afterAll(() => source.drop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "maestro-test-bucket-"));
    opened = await openTransferDeps(createFolderStore(folder));
    const input = { name: "source", ...source.address };
    databaseId = (await createDatabase(opened.deps, input, actor)).id;
  });
  afterEach(async () => {
    await Promise.all(rooms.splice(0).map((room) => room.stop()));
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** In eight parts, and smaller tables not at all. */
  async function divideFrom(table: string): Promise<void> {
    const [row] = await source.query("select pg_table_size($1::regclass)::int as bytes", [table]);
    opened.deps.limits.importDividedFrom = Number(row?.["bytes"]);
  }

  function openRoom(roomId: string, objectStore: ObjectStore = opened.deps.objectStore): Room {
    const deps = { ...opened.deps, objectStore };
    const room = startRoom(deps, { concurrency: 1, roomId, drainSeconds: 0 });
    rooms.push(room);
    return room;
  }

  /** A bucket that takes nothing until it is told to. */
  function openGate() {
    const opening = Promise.withResolvers<void>();
    const store = opened.deps.objectStore;
    const objectStore: ObjectStore = {
      ...store,
      async upload(name, content, options) {
        const { signal } = options;
        await (signal ? abortable(opening.promise, signal) : opening.promise);
        return store.upload(name, content, options);
      },
    };
    return { objectStore, open: () => opening.resolve() };
  }

  /** `lastId`: as if all up to it had been imported. */
  async function startImport(
    input: Partial<TableDefinitionInput>,
    lastId: string | null = null,
  ): Promise<number> {
    const table = await insertImportTable(opened.client, {
      importDatabaseId: databaseId,
      ...input,
    });
    await opened.deps.db.update(tables).set({ lastId }).where(eq(tables.id, table.tableId));
    const tableRun = await insertTableRun(opened.client, table);
    await enqueueTransfers(opened.deps.db, [tableRun]);
    opened.deps.changes.publish({ noun: "transfer", id: null });
    return tableRun.id;
  }

  async function transferOf(tableRunId: number) {
    const [row] = await opened.deps.db
      .select()
      .from(transfers)
      .where(eq(transfers.tableRunId, tableRunId));
    if (!row) throw new Error("no transfer");
    return { ...row, result: row.result as TransferResult | null };
  }

  const readParts = () => opened.deps.db.select().from(transferParts).orderBy(transferParts.number);
  const countDone = async () => (await readParts()).filter(({ state }) => state === "done").length;

  async function ended(tableRunId: number) {
    await until(
      "the transfer has ended",
      async () => (await transferOf(tableRunId)).endedAt !== null,
    );
    return transferOf(tableRunId);
  }

  async function digestOf(table: string): Promise<string> {
    const [row] = await source.query(`select ${digest} from ${table}`);
    return String(row?.["digest"]);
  }

  async function digestOfObjects(objects: string[]): Promise<string> {
    const list = objects.map((name) => `'${join(folder, "objects", name)}'`).join(", ");
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    try {
      const read = `select ${digest.replaceAll("::text", "::varchar")} from read_parquet([${list}])`;
      const reader = await connection.runAndReadAll(read);
      return String(reader.getRowObjectsJson()[0]?.["digest"]);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }

  async function fillOrders(rows = 4000): Promise<void> {
    await source.query(`drop table if exists orders cascade;
    create table orders (id bigserial primary key, name text);
    insert into orders (name) select 'order ' || i from generate_series(1, ${rows}) i; analyze orders`);
    await divideFrom("orders");
  }

  const connections = async () => {
    const rows = await source.query(
      "select from pg_stat_activity where application_name = 'maestro import' and datname = current_database()",
    );
    return rows.length;
  };

  return {
    /** Of the test that runs. */
    deps: () => opened.deps,
    databaseId: () => databaseId,
    query: (text: string) => source.query(text),
    address: () => source.address,
    divideFrom,
    openRoom,
    openGate,
    startImport,
    transferOf,
    readParts,
    countDone,
    ended,
    digestOf,
    digestOfObjects,
    fillOrders,
    connections,
  };
}
