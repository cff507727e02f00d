import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import type { UserView } from "../../shared/user.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { instantText, writeJson, writeTable } from "./client-output.ts";

interface Options {
  json?: boolean;
}

/** `maestro users list|enable|disable|admin`. */
export function createUsersCommand(io: CommandIo): Command {
  const users = new Command("users").description("who may sign in");
  addConnectionOptions(users.command("list"))
    .description("all of them, those who wait for an admin first")
    .action((options: Options) => listUsers(io, options));
  addConnectionOptions(users.command("enable"))
    .description("let users in who wait, or who were disabled")
    .argument("<email...>", "whom")
    .action((emails: string[], options: Options) =>
      change(io, emails, options, {
        say: (email) => `${email} is enabled`,
        act: (client, id) => client.users.enable.mutate({ id }),
      }),
    );
  addConnectionOptions(users.command("disable"))
    .description("shut users out at once, and revoke their API tokens")
    .argument("<email...>", "whom")
    .action((emails: string[], options: Options) =>
      change(io, emails, options, {
        say: (email) => `${email} is disabled`,
        act: (client, id) => client.users.disable.mutate({ id }),
      }),
    );
  addConnectionOptions(users.command("admin"))
    .description("make users admins")
    .argument("<email...>", "whom")
    .option("--remove", "make them admins no more")
    .action((emails: string[], options: Options & { remove?: boolean }) => {
      const isAdmin = options.remove !== true;
      return change(io, emails, options, {
        say: (email) => `${email} is ${isAdmin ? "an admin" : "no admin any more"}`,
        act: (client, id) => client.users.setAdmin.mutate({ id, isAdmin }),
      });
    });
  return users;
}

async function listUsers(io: CommandIo, options: Options): Promise<void> {
  const rows = await withClient(io, options, (client) => client.users.list.query());
  if (options.json) return writeJson(io.stdout, rows);
  writeTable(
    io.stdout,
    ["EMAIL", "NAME", "STATE", "ADMIN", "GROUPS", "TOKENS", "LAST SEEN (UTC)"],
    rows.map((row) => [
      row.email,
      row.name || null,
      row.state,
      row.isAdmin ? "yes" : "no",
      row.groups.map(({ name }) => name).join(", ") || null,
      row.tokenCount,
      instantText(row.lastSeenAt),
    ]),
  );
}

/** All of them are looked up before the first is changed: a misspelt one changes nothing. */
async function change(
  io: CommandIo,
  emails: string[],
  options: Options,
  {
    say,
    act,
  }: { say: (email: string) => string; act: (client: Client, id: number) => Promise<unknown> },
): Promise<void> {
  await withClient(io, options, async (client) => {
    const found = await findUsers(client, emails);
    for (const { id, email } of found) {
      await act(client, id);
      if (!options.json) io.stdout.write(`${say(email)}\n`);
    }
    if (options.json) writeJson(io.stdout, await findUsers(client, emails));
  });
}

/** By their e-mail addresses, whatever their case. Throws `notFound` for one that there is not. */
export async function findUsers(client: Client, emails: string[]): Promise<UserView[]> {
  const all = await client.users.list.query();
  return emails.map((email) => {
    const found = all.find((user) => user.email.toLowerCase() === email.toLowerCase());
    if (found) return found;
    const message = `there is no user ${email}: see maestro users list, or let them sign in first`;
    throw new MaestroError("notFound", message);
  });
}
