import { Command } from "commander";
import type { FrequencyView } from "../../shared/frequency.ts";
import { missedText, offsetText, periodText, scheduleText } from "../../shared/schedule-text.ts";
import { toWall } from "../domain/wall-clock.ts";
import { lengthText } from "../domain/words.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { instantText, writeJson, writeTable } from "./client-output.ts";

/** `maestro frequencies list|show`. */
export function createFrequenciesCommand(io: CommandIo): Command {
  const frequencies = new Command("frequencies").description("what makes runs periodic");
  addConnectionOptions(frequencies.command("list"))
    .description("all of them, with their last and next ticks")
    .action((options: { json?: boolean }) => listFrequencies(io, options));
  addConnectionOptions(frequencies.command("show"))
    .description("one of them")
    .argument("<name>", "its name")
    .action((name: string, options: { json?: boolean }) => showFrequency(io, name, options));
  return frequencies;
}

async function listFrequencies(io: CommandIo, options: { json?: boolean }): Promise<void> {
  const rows = await withClient(io, options, (client) => client.frequencies.list.query());
  if (options.json) return writeJson(io.stdout, rows);
  return writeTable(
    io.stdout,
    [
      "NAME",
      "PERIOD",
      "OFFSET",
      "ZONE",
      "ACTIVE",
      "TABLES",
      "LAST TICK (UTC)",
      "NEXT (UTC)",
      "UNFINISHED",
    ],
    rows.map((row) => [
      row.name,
      periodText(row.periodSeconds),
      offsetText(row.offsetSeconds) || "none",
      row.timeZone ?? "UTC",
      row.active ? "yes" : "no",
      row.tableCount,
      row.lastTick ? `${instantText(row.lastTick.tickAt)} ${row.lastTick.state}` : null,
      instantText(row.nextTicks[0] ?? null),
      row.unfinishedRun ? `run ${row.unfinishedRun.id}` : null,
    ]),
  );
}

function lateText({ lateAfterSeconds: seconds }: FrequencyView): string {
  if (seconds) return `a run that has not ended ${lengthText(seconds * 1000)} after its tick`;
  return "a run that takes twice as long as usual, or has not ended at the next tick";
}

async function showFrequency(
  io: CommandIo,
  name: string,
  options: { json?: boolean },
): Promise<void> {
  const one = await withClient(io, options, (client) => client.frequencies.byName.query({ name }));
  if (options.json) return writeJson(io.stdout, one);
  const waitSeconds = one.parentWaitSeconds ?? one.periodSeconds;
  const [next = "none: it is switched off", ...later] = one.nextTicks.map((at) =>
    tickText(at, one.timeZone),
  );
  const lines = [
    `${one.name}  ${scheduleText(one)}${one.active ? "" : ", switched off"}`,
    `tables       ${one.tableCount}`,
    `waits        up to ${lengthText(waitSeconds * 1000)} for parents of other frequencies`,
    `late         ${lateText(one)}`,
    `last tick    ${lastTickText(one)}`,
    `unfinished   ${unfinishedText(one)}`,
    ...troubleLines(one),
    `next ticks   ${next}`,
    ...later.map((tick) => `             ${tick}`),
  ];
  io.stdout.write(`${lines.join("\n")}\n`);
}

function lastTickText({ lastTick, timeZone }: FrequencyView): string {
  if (!lastTick) return "none yet";
  const { runId, tickAt, state, reason, missed } = lastTick;
  const why = reason === null ? "" : `: ${reason.replaceAll(/\s+/g, " ")}`;
  const note = missed === null ? "" : ` (${missedText(missed)} it)`;
  return `${tickText(tickAt, timeZone)}, run ${runId} ${state}${why}${note}`;
}

function unfinishedText({ unfinishedRun }: FrequencyView): string {
  if (!unfinishedRun) return "none";
  return `run ${unfinishedRun.id}, begun ${instantText(unfinishedRun.createdAt)} UTC`;
}

function troubleLines({ trouble }: FrequencyView): string[] {
  if (!trouble) return [];
  const text = trouble.text.replaceAll(/\s+/g, " ");
  return [`trouble      no run can be made since ${instantText(trouble.since)} UTC: ${text}`];
}

/** In UTC, and on the wall clock of the frequency's zone. */
function tickText(at: string, timeZone: string | null): string {
  const utc = `${instantText(at)} UTC`;
  if (timeZone === null) return utc;
  const wall = new Date(toWall(Date.parse(at), timeZone)).toISOString();
  return `${utc}, ${instantText(wall)} ${timeZone}`;
}
