import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import { notificationStates } from "../../shared/notification.ts";
import { addConnectionOptions, type CommandIo, withClient } from "./client-connection.ts";
import { instantText, writeJson, writeTable } from "./client-output.ts";

interface ListOptions {
  table?: string;
  state?: string;
  limit: string;
  json?: boolean;
}

/** `maestro notifications list|again|secret`. */
export function createNotificationsCommand(io: CommandIo): Command {
  const notifications = new Command("notifications").description(
    "who was told of completed tables, the newest first",
  );
  addConnectionOptions(notifications.command("list"))
    .description("notifications, with how their last attempt ended")
    .option("--table <table>", "dataset.name")
    .option("--state <state>", notificationStates.join(", "))
    .option("--limit <count>", "how many", "20")
    .action((options: ListOptions) => listNotifications(io, options));
  addConnectionOptions(notifications.command("again"))
    .description("send one again, under the same event id")
    .argument("<notification>", "its number")
    .action((id: string, options: { json?: boolean }) => sendAgain(io, numberOf(id), options));
  addConnectionOptions(notifications.command("secret"))
    .description("show what a table's notifications are signed with")
    .argument("<table>", "dataset.name")
    .option("--renew", "make another, which holds from now on")
    .action((name: string, options: { renew?: boolean; json?: boolean }) =>
      showSecret(io, name, options),
    );
  return notifications;
}

async function listNotifications(io: CommandIo, options: ListOptions): Promise<void> {
  const state = notificationStates.find((one) => one === options.state);
  if (options.state !== undefined && state === undefined) {
    const choices = notificationStates.join(", ");
    throw new MaestroError("invalidInput", `--state is one of ${choices}, not ${options.state}`);
  }
  const rows = await withClient(io, options, async (client) =>
    client.notifications.list.query({
      limit: numberOf(options.limit, "--limit"),
      state,
      tableId: options.table
        ? (await client.tables.byName.query({ name: options.table })).id
        : undefined,
    }),
  );
  if (options.json) return writeJson(io.stdout, rows);
  writeTable(
    io.stdout,
    ["NOTIFICATION", "TABLE", "RUN", "STATE", "ATTEMPTS", "STATUS", "TOOK", "NEXT", "URL", "WHY"],
    rows.map((row) => {
      const last = row.attempts.at(-1);
      return [
        row.id,
        row.tableName,
        row.runId,
        row.state,
        row.attemptCount,
        last?.status ?? "",
        last ? `${last.durationMs} ms` : "",
        instantText(row.nextAttemptAt),
        row.url,
        last?.error ?? "",
      ];
    }),
  );
}

async function sendAgain(io: CommandIo, id: number, options: { json?: boolean }): Promise<void> {
  const answer = await withClient(io, options, (client) =>
    client.notifications.sendAgain.mutate({ id }),
  );
  if (options.json) return writeJson(io.stdout, answer);
  const { laterDelivered: later } = answer;
  const order = later > 0 ? ` (out of order: its receiver has ${later} later already)` : "";
  io.stdout.write(
    `notification ${id} is sent again${order}: maestro notifications list shows how it ends\n`,
  );
}

async function showSecret(
  io: CommandIo,
  name: string,
  { renew = false, ...options }: { renew?: boolean; json?: boolean },
): Promise<void> {
  const answer = await withClient(io, options, async (client) => {
    const { id } = await client.tables.byName.query({ name });
    return client.notifications.secret.mutate({ id, renew });
  });
  if (options.json) return writeJson(io.stdout, answer);
  io.stdout.write(`${answer.secret}\n`);
}

function numberOf(text: string, what = "a notification"): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new MaestroError("invalidInput", `${what} is a whole number from 1, not ${text}`);
}
