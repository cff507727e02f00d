import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCases, timeoutMs } from "./with-cases.ts";

/* A disk of its own for what a room stages: too small, then large enough. Only root can make one. */

const { withImport, withExport } = createCases();

const mount = (directory: string, options: string) =>
  spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]).status === 0;
const unmount = (directory: string) => spawnSync("umount", ["-l", directory]);

function mayMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "maestro-test-disk-"));
  const may = mount(directory, "size=64k");
  if (may) unmount(directory);
  rmdirSync(directory);
  return may;
}

const full =
  /^the disk of .* is full, where rows are staged on their way: free some of it, or start the room with TMPDIR on a larger disk$/;

type Case =
  | Parameters<Parameters<typeof withImport>[1]>[0]
  | Parameters<Parameters<typeof withExport>[2]>[0];

async function fillUp(each: Case): Promise<void> {
  expect(mount(each.directory, "size=16m")).toBe(true);
  try {
    each.startDaemonHere("daemon");
    await each.startRoom("room");
    const readers = await each.begin();
    expect(mount(each.directory, "remount,size=100k")).toBe(true);
    const failed = await each.ended(await each.run(each.tableId));
    expect(failed).toEqual({ state: "failed", reason: expect.stringMatching(full) });
    expect(mount(each.directory, "remount,size=64m")).toBe(true);
    await each.checkWhole(await each.run(each.tableId), readers);
  } finally {
    unmount(each.directory);
  }
}

test
  .skipIf(!mayMount())
  .concurrent(
    "an import whose disk is full says so, and the room does the next one",
    () => withImport("postgres", fillUp),
    timeoutMs,
  );

test
  .skipIf(!mayMount())
  .concurrent(
    "an export whose disk is full says so, and the room does the next one",
    () => withExport("mysql", "replace", fillUp),
    timeoutMs,
  );
