import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import {
  describeParts,
  type TransferView,
  transferKinds,
  transferStates,
} from "../../shared/transfer.ts";
import { bytesText } from "../domain/words.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { durationText, instantText, progressBar, writeJson, writeTable } from "./client-output.ts";
import { findDatabase } from "./find-database.ts";

interface ListOptions {
  kind?: string;
  state?: string;
  database?: string;
  table?: string;
  limit: string;
  json?: boolean;
}

interface ShowOptions {
  wait?: boolean;
  json?: boolean;
}

const pollMs = 400;

/** `maestro transfers list|show|cancel`. */
export function createTransfersCommand(io: CommandIo): Command {
  const transfers = new Command("transfers").description("what rooms move, the newest first");
  addConnectionOptions(transfers.command("list"))
    .description("transfers, with how far they are")
    .option("--kind <kind>", transferKinds.join(", "))
    .option("--state <state>", transferStates.join(", "))
    .option("--database <name>", "from it or to it")
    .option("--table <table>", "dataset.name")
    .option("--limit <count>", "how many", "20")
    .action((options: ListOptions) => listTransfers(io, options));
  addConnectionOptions(transfers.command("show"))
    .description("one transfer, with what was sent to the database")
    .argument("<transfer>", "its number")
    .option("--wait", "watch it to its end; the exit code is then 1 unless it succeeds")
    .action((id: string, options: ShowOptions) => showTransfer(io, numberOf(id), options));
  addConnectionOptions(transfers.command("cancel"))
    .description("stop it; its table run is then cancelled")
    .argument("<transfer>", "its number")
    .action((id: string, options: { json?: boolean }) => cancelTransfer(io, numberOf(id), options));
  return transfers;
}

async function listTransfers(io: CommandIo, options: ListOptions): Promise<void> {
  const rows = await withClient(io, options, async (client) =>
    client.transfers.list.query({
      limit: numberOf(options.limit, "--limit"),
      kind: oneOf("--kind", transferKinds, options.kind),
      state: oneOf("--state", transferStates, options.state),
      databaseId: options.database ? (await findDatabase(client, options.database)).id : undefined,
      tableId: options.table
        ? (await client.tables.byName.query({ name: options.table })).id
        : undefined,
    }),
  );
  if (options.json) return writeJson(io.stdout, rows);
  const now = new Date();
  writeTable(
    io.stdout,
    ["TRANSFER", "KIND", "TABLE", "DATABASE", "STATE", "ROWS", "SIZE", "TOOK", "RUN", "WHY"],
    rows.map((row) => [
      row.id,
      row.kind,
      row.tableName,
      row.databaseName,
      stateOf(row),
      row.rows,
      bytesText(row.bytes),
      durationText(row.startedAt, row.endedAt, now),
      row.runId,
      row.error?.replaceAll(/\s+/g, " ").slice(0, 120) ?? "",
    ]),
  );
}

async function showTransfer(io: CommandIo, id: number, options: ShowOptions): Promise<void> {
  await withClient(io, options, async (client) => {
    const transfer = await (options.wait
      ? followTransfer(io, client, id, options.json ?? false)
      : client.transfers.get.query({ id }));
    if (options.json) writeJson(io.stdout, transfer);
    else io.stdout.write(`${describe(transfer).join("\n")}\n`);
    if (!options.wait || transfer.state === "succeeded") return;
    const code = transfer.state === "cancelled" ? "cancelled" : "warehouse";
    const why = transfer.error ? `: ${transfer.error}` : "";
    throw new MaestroError(code, `transfer ${id} ended ${transfer.state}${why}`);
  });
}

async function followTransfer(
  io: CommandIo,
  client: Client,
  id: number,
  quiet: boolean,
): Promise<TransferView> {
  const isTerminal = io.stdout.isTTY === true && !quiet;
  for (;;) {
    const transfer = await client.transfers.get.query({ id });
    if (isTerminal) io.stdout.write(`\r\u001b[2K`);
    if (transfer.endedAt !== null) return transfer;
    if (isTerminal) io.stdout.write(progressOf(transfer));
    await delay(pollMs);
  }
}

async function cancelTransfer(
  io: CommandIo,
  id: number,
  options: { json?: boolean },
): Promise<void> {
  const transfer = await withClient(io, options, async (client) => {
    await client.transfers.cancel.mutate({ id });
    return client.transfers.get.query({ id });
  });
  if (options.json) return writeJson(io.stdout, transfer);
  io.stdout.write(`transfer ${id} is ${stateOf(transfer)}\n`);
}

function describe(transfer: TransferView): string[] {
  const { id, kind, tableName, databaseName, attempt, room, statement, target, error } = transfer;
  const from = kind === "export" ? "to" : "from";
  return [
    `transfer ${id}: ${kind} of ${tableName}${databaseName ? ` ${from} ${databaseName}` : ""}, ${stateOf(transfer)}`,
    `progress   ${progressOf(transfer)}`,
    `attempt    ${attempt}${room ? `, in room ${room}` : ""}`,
    `started    ${instantText(transfer.startedAt)}, took ${durationText(transfer.startedAt, transfer.endedAt, new Date())}`,
    `run        ${transfer.runId}`,
    ...(target ? [`into       ${target}`] : []),
    ...(error ? [`why        ${error}`] : []),
    ...(statement ? ["", statement] : []),
  ];
}

function progressOf(transfer: TransferView): string {
  const { rows, totalRows, bytes, rowsPerSecond, state, expectedEndAt } = transfer;
  const parts = describeParts(transfer);
  const isRunning = state === "running";
  const bar = isRunning && totalRows ? `${progressBar(rows / totalRows)}  ` : "";
  const of = isRunning && totalRows ? ` of about ${totalRows}` : "";
  const rate = rowsPerSecond === null ? "" : `, ${rowsPerSecond} rows/s`;
  const end = expectedEndAt === null ? "" : `, done about ${instantText(expectedEndAt)}`;
  const inParts = parts === null ? "" : `, ${parts}`;
  return `${bar}${rows}${of} rows, ${bytesText(bytes)}${rate}${inParts}${end}`;
}

function stateOf({ state, isCancelling }: TransferView): string {
  return isCancelling ? "cancelling" : state;
}

function oneOf<T extends string>(
  flag: string,
  choices: readonly T[],
  text: string | undefined,
): T | undefined {
  const choice = choices.find((one) => one === text);
  if (text !== undefined && choice === undefined) {
    throw new MaestroError("invalidInput", `${flag} is one of ${choices.join(", ")}, not ${text}`);
  }
  return choice;
}

function numberOf(text: string, what = "a transfer"): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new MaestroError("invalidInput", `${what} is a whole number from 1, not ${text}`);
}
