import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrationsFolder, readJournal } from "../support/first-schema.ts";

/*
 * Daemons of the version before work on while a migration is applied, and after it: docs/upgrades.md.
 * So a statement is let in only where it is one of these. Each can be told apart by its text alone.
 */
const allowed = [
  /^CREATE TABLE "\w+" \(/,
  // A unique one could refuse what the older version writes.
  /^CREATE INDEX "\w+" ON /,
  // Nullable, or with a default.
  /^ALTER TABLE "\w+" ADD COLUMN "\w+" (?!.*\b(NOT NULL|UNIQUE|PRIMARY KEY|GENERATED|REFERENCES|CHECK)\b)/,
  /^ALTER TABLE "\w+" ADD COLUMN "\w+" (?=.* DEFAULT )(?!.*\b(UNIQUE|PRIMARY KEY|GENERATED|REFERENCES|CHECK)\b)/,
  // Of a new column: the older version leaves it null, and deletes what it names as before.
  /^ALTER TABLE "\w+" ADD CONSTRAINT "\w+" FOREIGN KEY .* ON DELETE (set null|cascade)\b/,
];

/** Constraints and unique indexes of tables that the older version does not have bind nobody. */
const allowedOnNewTables = [
  /^ALTER TABLE "(\w+)" ADD CONSTRAINT "\w+" /,
  /^CREATE UNIQUE INDEX "\w+" ON "(\w+)" /,
];

function findHarmful(statements: string[]): string[] {
  const created = new Set<string>();
  return statements.filter((statement) => {
    const table = /^CREATE TABLE "(\w+)"/.exec(statement)?.[1];
    if (table) created.add(table);
    if (allowed.some((pattern) => pattern.test(statement))) return false;
    return !allowedOnNewTables.some((pattern) =>
      created.has(pattern.exec(statement)?.[1] ?? "none"),
    );
  });
}

async function readStatements(tag: string): Promise<string[]> {
  const text = await readFile(join(migrationsFolder, `${tag}.sql`), "utf8");
  return text.split("--> statement-breakpoint").map((statement) => statement.trim());
}

test("every migration after the first only adds, so that daemons of the version before work on", async () => {
  const { entries } = await readJournal();
  const later = await Promise.all(entries.slice(1).map(({ tag }) => readStatements(tag)));
  expect(later.length).toBeGreaterThan(0);
  expect(findHarmful(later.flat())).toEqual([]);
});

test("each migration is newer than the one before, or a database would never get it", async () => {
  const { entries } = await readJournal();
  const times = entries.map(({ when }) => when);
  expect(times).toEqual([...new Set(times)].sort((one, other) => one - other));
});

test.each([
  `DROP TABLE "jobs";`,
  `ALTER TABLE "jobs" DROP COLUMN "error";`,
  `ALTER TABLE "jobs" RENAME COLUMN "error" TO "fault";`,
  `ALTER TABLE "jobs" RENAME TO "tasks";`,
  `ALTER TABLE "jobs" ALTER COLUMN "error" SET NOT NULL;`,
  `ALTER TABLE "jobs" ALTER COLUMN "error" SET DATA TYPE jsonb;`,
  `ALTER TABLE "jobs" ADD COLUMN "place" text NOT NULL;`,
  `ALTER TABLE "jobs" ADD COLUMN "place" text DEFAULT 'x' UNIQUE;`,
  `ALTER TABLE "jobs" ADD CONSTRAINT "jobs_place" CHECK (true);`,
  `CREATE UNIQUE INDEX "jobs_place" ON "jobs" USING btree ("error");`,
  `DROP INDEX "jobs_unread";`,
  `UPDATE "jobs" SET "error" = '';`,
])("a migration with %s would be told", (statement) => {
  expect(findHarmful([statement])).toEqual([statement]);
});

test.each([
  `ALTER TABLE "jobs" ADD COLUMN "place" text;`,
  `ALTER TABLE "jobs" ADD COLUMN "place" text DEFAULT '' NOT NULL;`,
  `CREATE INDEX "jobs_place" ON "jobs" USING btree ("error");`,
  `ALTER TABLE "jobs" ADD CONSTRAINT "jobs_place_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE set null ON UPDATE no action;`,
])("a migration with %s is let in", (statement) => {
  expect(findHarmful([statement])).toEqual([]);
});

test("a new table may have constraints", () => {
  const statements = [
    `CREATE TABLE "places" ("id" bigint NOT NULL);`,
    `ALTER TABLE "places" ADD CONSTRAINT "places_id" CHECK (id > 0);`,
    `CREATE UNIQUE INDEX "places_once" ON "places" USING btree ("id");`,
  ];
  expect(findHarmful(statements)).toEqual([]);
});
