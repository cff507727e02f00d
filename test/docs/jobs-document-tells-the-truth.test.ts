import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { retryableReasons } from "../../server/connectors/bigquery-errors.ts";
import { bqJobId } from "../../server/domain/job-configuration.ts";
import { buildLabels } from "../../server/domain/job-labels.ts";
import { looks } from "../../server/services/jobs/look-for-job.ts";
import { tableDefinitionSchema } from "../../shared/table.ts";
import { jobFaultsTable } from "../support/job-faults.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/jobs.md"), "utf8");

test("of each fault it tells what the code does about it", () => {
  expect(document).toContain(jobFaultsTable());
  const untold = [...retryableReasons].filter((reason) => !document.includes(`\`${reason}\` |`));
  expect(untold).toEqual([]);
});

test("it names every label of a job, and no other", () => {
  const labels = buildLabels({
    instanceId: "i",
    runId: 1,
    definition: { dataset: "d", name: "t" },
    user: "u",
    group: "g",
    configurationHash: "c",
  });
  const told = [...document.matchAll(/^\| `(maestro_\w+)` \|/gm)].map(([, label]) => label);
  expect(told).toEqual(Object.keys(labels));
});

test("the id, the attempts and the looks are the code's", () => {
  const names = { instanceId: "INSTANCE", tableRunId: 1, step: "query" as const, attempt: 2 };
  const id = bqJobId(names).replace("_1_query_2", "_TABLERUN_STEP_ATTEMPT");
  expect(document).toContain(`\`${id}\``);
  const { retries } = tableDefinitionSchema.parse({ dataset: "d", name: "t", kind: "summary" });
  expect(document).toContain(`(0 to 10, ${retries} unless it is set)`);
  expect({ 4: "four" }[looks]).toBe("four");
  expect(document).toContain("it has said four times that it has none");
});
