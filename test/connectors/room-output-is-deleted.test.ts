import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRoomProcesses } from "../../server/connectors/room-process.ts";

test("the output of rooms that ended long ago is deleted, and no other", async () => {
  const directory = await mkdtemp(join(tmpdir(), "maestro-rooms-"));
  const processes = createRoomProcesses({ directory, environment: {} });
  for (const name of ["old.log", "running.log", "new.log", "old.txt"]) {
    await writeFile(join(directory, name), "said something");
    if (name !== "new.log") await utimes(join(directory, name), 1, 1);
  }
  await processes.removeLogs(new Set(["running"]), 86_400_000);
  expect((await readdir(directory)).sort()).toEqual(["new.log", "old.txt", "running.log"]);
  await rm(directory, { recursive: true });
});
