import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { pythonWith, runProgram } from "../support/python.ts";
import { projectId, startTestCloud } from "./support/local-cloud.ts";

const clients = [
  "google-cloud-bigquery==3.38.0",
  "google-cloud-storage==3.4.1",
  // The storage client's reader of packed objects fails with later ones.
  "urllib3==2.5.0",
];

async function doesItsWork(script: string): Promise<void> {
  const programs = await pythonWith("google-clients", clients);
  const path = fileURLToPath(new URL(`python/${script}`, import.meta.url));
  const cloud = await startTestCloud();
  try {
    const output = await runProgram(join(programs, "python"), [path, cloud.url, projectId]);
    expect(output.trim()).toBe("done");
  } finally {
    await cloud.stop();
  }
}

test("Google's client for Python does a day's work", async () => {
  await doesItsWork("day_of_work.py");
}, 300_000);

test("Google's storage client for Python does a day's work", async () => {
  await doesItsWork("day_of_storage.py");
}, 300_000);
