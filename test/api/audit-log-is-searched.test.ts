import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditLog } from "../../drizzle/schema/users.ts";
import type { AuditEntry, AuditWords } from "../../shared/audit.ts";
import {
  adminToken,
  call,
  createTestDeps,
  dataOf,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let admin: Record<string, string>;

beforeAll(async () => {
  context = await createTestDeps();
  server = await startTestServer(context.deps);
  admin = { "x-api-token": await adminToken(context.deps) };
  const { db } = context.deps;
  await db.delete(auditLog);
  const entry = (values: Partial<typeof auditLog.$inferInsert>) => ({
    ...{ actor: "Ann@example.com", action: "table.update", subjectKind: "table", subjectId: 7 },
    ...values,
  });
  await db
    .insert(auditLog)
    .values([
      entry({ at: new Date("2026-03-01T06:00:00Z") }),
      entry({ actor: "=cmd()", action: "run.start", subjectKind: "run", subjectId: 7 }),
      entry({ subjectId: 8, detail: { name: 'd."x",y' } }),
      entry({ actor: "bob@example.com", action: "table.remove" }),
    ]);
});

afterAll(async () => {
  await server.close();
  await context.close();
});

async function found(filter: object): Promise<string[]> {
  const entries = dataOf<AuditEntry[]>(
    await call(server, "audit.list", filter, { headers: admin }),
  );
  return entries.map(({ actor, action, subjectId }) => `${actor} ${action} ${subjectId}`);
}

test("it is filtered by who, action, subject and time, in any combination", async () => {
  expect(await found({ actor: "ann@" })).toEqual([
    "Ann@example.com table.update 8",
    "Ann@example.com table.update 7",
  ]);
  expect(await found({ action: "run.start" })).toEqual(["=cmd() run.start 7"]);
  expect(await found({ subjectKind: "table", subjectId: 7 })).toEqual([
    "bob@example.com table.remove 7",
    "Ann@example.com table.update 7",
  ]);
  expect(await found({ to: "2026-03-01T06:00:00Z" })).toEqual([]);
  expect(await found({ from: "2026-03-01T07:00:00+01:00", to: "2026-03-01T06:00:01Z" })).toEqual([
    "Ann@example.com table.update 7",
  ]);
  expect(await found({ actor: "%" })).toEqual([]);
  const refused = await call(server, "audit.list", { from: "yesterday" }, { headers: admin });
  expect(refused.body.error).toMatchObject({
    message: "from: an instant as 2026-03-01T06:00:00Z",
    data: { code: "invalidInput", field: "from" },
  });
});

test("its pages follow each other by cursor, also while more is recorded", async () => {
  const page = async (beforeId?: number) =>
    dataOf<AuditEntry[]>(
      await call(server, "audit.list", { limit: 3, beforeId }, { headers: admin }),
    );
  const first = await page();
  expect(first).toHaveLength(3);
  const { id: _, at: __, ...again } = first[0]!;
  await context.deps.db.insert(auditLog).values(again);
  const second = await page(first.at(-1)!.id);
  expect(second.map(({ at }) => at)).toEqual(["2026-03-01T06:00:00.000Z"]);
  await context.deps.db.delete(auditLog).where(sql`id > ${first[0]!.id}`);
});

test("it names what can be filtered by", async () => {
  const words = dataOf<AuditWords>(await call(server, "audit.words", {}, { headers: admin }));
  expect(words).toEqual({
    actions: ["run.start", "table.remove", "table.update"],
    subjectKinds: ["run", "table"],
  });
});

test("it is downloaded as CSV with the same filters, and no cell of it is a formula", async () => {
  const get = (query: string) => fetch(`${server.url}/audit.csv${query}`, { headers: admin });
  const whole = await get("");
  expect(whole.headers.get("content-type")).toContain("text/csv");
  expect(whole.headers.get("content-disposition")).toContain("maestro-audit.csv");
  const lines = (await whole.text()).split("\r\n");
  expect(lines[0]).toBe("id,at,actor,action,subjectKind,subjectId,detail");
  expect(lines.filter((line) => line !== "")).toHaveLength(5);
  expect(lines.find((line) => line.includes("run.start"))).toContain(",'=cmd(),run.start,run,7,{}");
  expect(lines.find((line) => line.includes(",8,"))).toContain('"{""name"":""d.\\""x\\"",y""}"');
  const some = await (await get("?subjectKind=table&subjectId=7")).text();
  expect(some.split("\r\n").filter((line) => line !== "")).toHaveLength(3);
  const refused = await get("?subjectId=x");
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ error: { field: "subjectId" } });
  expect((await get("?who=ann")).status).toBe(400);
});

test("a long log is downloaded whole", async () => {
  await context.deps.db.execute(sql`
    insert into audit_log (actor, action, subject_kind, subject_id)
    select 'many@example.com', 'many', 'table', g from generate_series(1, 2500) g`);
  const response = await fetch(`${server.url}/audit.csv?actor=many@`, { headers: admin });
  const lines = (await response.text()).trimEnd().split("\r\n").slice(1);
  const subjects = lines.map((line) => Number(line.split(",")[5]));
  expect(subjects).toEqual(Array.from({ length: 2500 }, (_, index) => 2500 - index));
});
