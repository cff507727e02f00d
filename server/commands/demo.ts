import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import type { DemoStatus } from "../../shared/demo.ts";
import { MaestroError } from "../../shared/errors.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { writeJson } from "./client-output.ts";
import { followRun } from "./follow-run.ts";
import { finishRun } from "./run.ts";

const pollMs = 300;

/** `maestro demo`: loads the sample project and runs it to its end, with progress. */
export function createDemoCommand(io: CommandIo): Command {
  return addConnectionOptions(new Command("demo"))
    .description("load the sample project and run it")
    .action((options: { json?: boolean }) => runDemo(io, options));
}

async function runDemo(io: CommandIo, options: { json?: boolean }): Promise<void> {
  const { json = false } = options;
  await withClient(io, options, async (client) => {
    const before = await client.system.demo.query();
    if (before.state === "absent" || before.state === "failed") {
      await client.system.loadDemo.mutate();
    }
    const status = await followLoading(io, client, json);
    if (status.runId === null) {
      if (json) return writeJson(io.stdout, status);
      io.stdout.write("the sample project is loaded\n");
      return;
    }
    finishRun(io, await followRun(io, client, status.runId, { quiet: json }), json);
  });
}

async function followLoading(io: CommandIo, client: Client, quiet: boolean): Promise<DemoStatus> {
  let shown = "";
  for (;;) {
    const status = await client.system.demo.query();
    const line = `${status.stage} (${status.done} of ${status.total})`;
    if (!quiet && status.state === "loading" && line !== shown) {
      io.stdout.write(`${line}\n`);
      shown = line;
    }
    if (status.state === "failed") {
      const why = status.error ?? "no reason is known";
      throw new MaestroError("warehouse", `the sample project could not be loaded: ${why}`);
    }
    if (status.state === "loaded") return status;
    await delay(pollMs);
  }
}
