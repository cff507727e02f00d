import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { projectId, startTestCloud } from "./support/local-cloud.ts";
import { pythonWith, runProgram } from "./support/python.ts";

const clients = {
  "google-cloud-bigquery-3.38.0": ["google-cloud-bigquery==3.38.0"],
  // Its reader of packed objects fails with later urllib3.
  "google-cloud-storage-3.4.1": ["google-cloud-storage==3.4.1", "urllib3==2.5.0"],
};

async function doesItsWork(client: keyof typeof clients, script: string): Promise<void> {
  const programs = await pythonWith(client, clients[client]);
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
  await doesItsWork("google-cloud-bigquery-3.38.0", "day_of_work.py");
}, 300_000);

test("Google's storage client for Python does a day's work", async () => {
  await doesItsWork("google-cloud-storage-3.4.1", "day_of_storage.py");
}, 300_000);
