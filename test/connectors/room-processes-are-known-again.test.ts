import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRoomProcesses } from "../../server/connectors/room-process.ts";
import { commandOf, openProcessTable } from "../../server/support/process-table.ts";
import { specificationSchema } from "../../shared/scheduler.ts";
import { until } from "../support/until.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "maestro-rooms-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/* Linux has /proc; `ps` is what macOS has, and is asked here in the same way. */
test.each(["proc", "ps"] as const)(
  "by %s a later worker knows the rooms of the one before, and ends them",
  async (kind) => {
    const open = () =>
      createRoomProcesses({
        directory,
        environment: process.env,
        processes: openProcessTable(kind),
      });
    const [first, later] = [open(), open()];
    const specification = specificationSchema.parse({ name: "fleet", cmd: ["sleep", "1000"] });
    const ids = { id: `room-${kind}`, scheduler: "fleet", version: 1 };
    const room = await first.start({ ...ids, specification, environment: {} });
    expect([first.inspect(room), later.inspect(room)]).toEqual([
      { state: "running" },
      { state: "running" },
    ]);
    expect(commandOf(room.pid, kind)).toMatch(/sleep 1000/);
    const another = { pid: room.pid, start: kind === "proc" ? "1" : "ps:1" };
    expect(later.inspect(another)).toEqual({ state: "missing" });
    later.signal(another, "SIGKILL");
    expect(later.inspect(room)).toEqual({ state: "running" });
    later.signal(room, "SIGKILL");
    await until("it is gone", () => later.inspect(room).state === "missing");
    await until("it was ended", () => first.inspect(room).state === "exited");
    expect(first.inspect(room)).toEqual({ state: "exited", code: null, signal: "SIGKILL" });
  },
);
