import { eq } from "drizzle-orm";
import { notifications } from "../../../drizzle/schema/notifications.ts";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { tables, tableVersions } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { groups, userGroups } from "../../../drizzle/schema/users.ts";
import { createToken } from "../../../server/services/access/create-token.ts";
import { askLogin } from "../../../server/services/access/log-in.ts";
import { createDatabase } from "../../../server/services/databases/create-database.ts";
import type { Deps } from "../../../server/services/deps.ts";
import { uploadPrefix } from "../../../server/services/runs/upload-prefix.ts";
import { createScheduler } from "../../../server/services/schedulers/create-scheduler.ts";
import { setMin } from "../../../server/services/schedulers/set-min.ts";
import { type TableDefinitionInput, tableDefinitionSchema } from "../../../shared/table.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { addUser } from "../support.ts";
import type { People } from "./principals.ts";

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** Makes the rows that calls are about, each anew, so that no call spoils another's. */
export async function makeWorld(
  deps: Deps,
  people: People,
  { connectionString, uploads }: { connectionString: string; uploads: Set<string> },
) {
  const { db } = deps;
  const { groupId, owner } = people;
  let count = 0;
  const name = (what: string) => {
    count += 1;
    return `${what}_${count}`;
  };
  /** The same without what a scheduler's name must not have. */
  const label = (what: string) => name(what).replace("_", "-");
  const specification = (called: string) => ({ name: called, cmd: ["true"] });
  const address = new URL(connectionString);
  const databaseInput = (values: { mayExport?: boolean } = {}) => ({
    name: name("database"),
    kind: "postgres" as const,
    host: address.hostname,
    port: Number(address.port),
    database: address.pathname.slice(1),
    username: decodeURIComponent(address.username),
    password: decodeURIComponent(address.password),
    tlsMode: "disable" as const,
    ...values,
  });
  const database = async () =>
    (await createDatabase(deps, databaseInput({ mayExport: true }), { userId: null, name: "test" }))
      .id;
  const databaseId = await database();

  const definition = (values: Partial<TableDefinitionInput> = {}) =>
    tableDefinitionSchema.parse({
      dataset: "d",
      name: name("t"),
      kind: "summary",
      query: "select 1 as one",
      groupId,
      ...values,
    });

  /** A table of the group, made by the owner, with its first version. */
  async function table(values: Partial<TableDefinitionInput> = {}): Promise<number> {
    const whole = definition(values);
    const id = (await insertCatalog(db, [whole])).get(whole.name)!;
    await db.update(tables).set({ ownerId: owner.id }).where(eq(tables.id, id));
    await db.insert(tableVersions).values({ tableId: id, version: 1, definition: whole });
    return id;
  }

  /** A run of one table of the group, which the owner started. */
  async function run(state: "running" | "failed") {
    const tableId = await table();
    const endedAt = state === "running" ? null : new Date();
    const [made] = await db
      .insert(runs)
      .values({ kind: "manual", state, endedAt, startedBy: owner.id })
      .returning({ id: runs.id });
    const [tableRun] = await db
      .insert(tableRuns)
      .values({
        runId: made!.id,
        tableId,
        definition: definition(),
        state: state === "running" ? "waiting" : "failed",
        endedAt,
      })
      .returning({ id: tableRuns.id });
    return { id: made!.id, tableId, tableRunId: tableRun!.id };
  }

  return {
    deps,
    ...people,
    databaseId,
    name,
    definition,
    databaseInput,
    database,
    label,
    specification,
    /** One that was changed since its version 1.0. */
    async changedScheduler() {
      const called = await this.scheduler();
      await setMin(deps, { userId: null, name: "test" }, called, 2);
      return called;
    },
    async scheduler() {
      const called = label("fleet");
      await createScheduler(deps, { userId: null, name: "test" }, specification(called));
      return called;
    },
    table,
    run,
    importTable: () => table({ kind: "import", query: "", importDatabaseId: databaseId }),
    externalTable: () => table({ kind: "external", query: "" }),
    /** An external table, with a file as if it had been uploaded. */
    async uploaded() {
      const called = name("t");
      const objectName = `${uploadPrefix({ dataset: "d", name: called })}1/a.csv`;
      uploads.add(objectName);
      const id = await table({ kind: "external", query: "", name: called });
      return { id, objects: [objectName] };
    },
    login: async () => (await askLogin({ db }, { machine: "laptop", address: "" })).code,
    /** A table as a file, of the group of that name. */
    file: (group?: string) => ({
      dataset: "d",
      name: name("t"),
      sql: "select 1 as one",
      settings: group === undefined ? null : `group: ${group}`,
    }),
    async give(id: number, groupId: number) {
      await db.update(tables).set({ groupId }).where(eq(tables.id, id));
    },
    frequency: (called = name("frequency")) => insertFrequency(db, { name: called }),
    async transfer() {
      const { tableId, tableRunId } = await run("running");
      const [made] = await db
        .insert(transfers)
        .values({ tableId, tableRunId, kind: "import" })
        .returning({ id: transfers.id });
      return made!.id;
    },
    async notification() {
      const { tableId, tableRunId } = await run("failed");
      const [made] = await db
        .insert(notifications)
        .values({ tableId, tableRunId, url: "https://receiver.test/", state: "failed" })
        .returning({ id: notifications.id });
      return made!.id;
    },
    async token() {
      const input = { name: "theirs", scopes: ["read" as const], expiresDays: null };
      return (await createToken(deps, people.member, input)).id;
    },
    async user(options: { disabled?: boolean; isAdmin?: boolean } = {}) {
      return (await addUser(deps, `${name("user")}@test`, options)).id;
    },
    async group(memberId?: number) {
      const [made] = await db
        .insert(groups)
        .values({ name: name("group") })
        .returning();
      if (memberId !== undefined) {
        await db.insert(userGroups).values({ userId: memberId, groupId: made!.id });
      }
      return made!.id;
    },
  };
}
