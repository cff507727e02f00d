import { expect, test } from "vitest";
import { buildLabels } from "../../server/domain/job-labels.ts";

const labelsOf = (input: Partial<Parameters<typeof buildLabels>[0]> = {}) =>
  buildLabels({
    instanceId: "abc",
    runId: 3,
    definition: { dataset: "shop", name: "orders_daily" },
    user: "jane.doe@example.com",
    group: "sales",
    configurationHash: "f".repeat(64),
    ...input,
  });

test("they name the installation, run, table, person and group", () => {
  expect(labelsOf()).toEqual({
    maestro_instance: "abc",
    maestro_run: "3",
    maestro_table: "shop-orders_daily",
    maestro_user: "jane-doe_at_example-com",
    maestro_group: "sales",
    maestro_config: "f".repeat(40),
  });
  expect(labelsOf({ user: null, group: null })).not.toHaveProperty("maestro_user");
});

test("what BigQuery's rules would make alike is told apart", () => {
  const users = [
    "jane.doe@example.com",
    "jane-doe@example.com",
    "jane_doe@example.com",
    "Jane.Doe@example.com",
    "jane+doe@example.com",
    "jane doe",
    "jane_doe",
    `${"x".repeat(80)}@example.com`,
    `${"x".repeat(81)}@example.com`,
  ];
  const values = users.map((user) => labelsOf({ user })["maestro_user"]);
  expect(new Set(values).size).toBe(users.length);
});

test.each([
  "Büro & Söhne",
  "日本のチーム".repeat(20),
  "😀".repeat(50),
  "ǅ",
  "a".repeat(200),
  "İstanbul",
  "...",
])("%s makes a value that BigQuery takes", (group) => {
  const value = labelsOf({ group })["maestro_group"]!;
  expect(value).toMatch(/^[\p{Ll}\p{Lo}\p{N}_-]{1,63}$/u);
  expect(Buffer.byteLength(value)).toBeLessThanOrEqual(128);
});
