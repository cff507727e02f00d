import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import type { GroupView } from "../../shared/user.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { writeJson, writeTable } from "./client-output.ts";
import { findUsers } from "./users.ts";

interface Options {
  json?: boolean;
}

/** `maestro groups list|create|rename|channel|delete|add|remove`. */
export function createGroupsCommand(io: CommandIo): Command {
  const groups = new Command("groups").description("the teams that own tables");
  addConnectionOptions(groups.command("list"))
    .description("all groups")
    .action((options: Options) => listGroups(io, options));
  addConnectionOptions(groups.command("create"))
    .description("make a group")
    .argument("<name>")
    .action((name: string, options: Options) =>
      answer(io, options, `the group ${name} is made`, (client) =>
        client.groups.create.mutate({ name }),
      ),
    );
  addConnectionOptions(groups.command("rename"))
    .description("give a group another name; its tables and members stay")
    .argument("<name>")
    .argument("<new-name>")
    .action((name: string, newName: string, options: Options) =>
      answer(io, options, `the group ${name} is named ${newName} now`, async (client) => {
        const { id } = await findGroup(client, name);
        return client.groups.rename.mutate({ id, name: newName });
      }),
    );
  addConnectionOptions(groups.command("delete"))
    .description("delete a group that owns no table")
    .argument("<name>")
    .action((name: string, options: Options) =>
      answer(io, options, `the group ${name} is deleted`, async (client) =>
        client.groups.remove.mutate({ id: (await findGroup(client, name)).id }),
      ),
    );
  addChannel(io, groups);
  addMembers(io, groups);
  return groups;
}

function addChannel(io: CommandIo, groups: Command): void {
  addConnectionOptions(groups.command("channel"))
    .description("where Slack is told of a group's tables, such as #finance")
    .argument("<name>")
    .argument("[channel]")
    .option("--none", "the channel of the settings again")
    .action((name: string, channel: string | undefined, options: Options & { none?: true }) => {
      if ((channel === undefined) === (options.none !== true)) {
        throw new MaestroError("invalidInput", "name a channel, or say --none");
      }
      const where = channel ?? "the channel of the settings";
      return answer(io, options, `Slack is told of ${name}'s tables in ${where}`, async (client) =>
        client.groups.setChannel.mutate({
          id: (await findGroup(client, name)).id,
          slackChannel: channel ?? null,
        }),
      );
    });
}

function addMembers(io: CommandIo, groups: Command): void {
  const member = (verb: "add" | "remove", description: string, now: string) =>
    addConnectionOptions(groups.command(verb))
      .description(description)
      .argument("<group>")
      .argument("<email...>", "whom")
      .action((name: string, emails: string[], options: Options) => {
        const said = emails.map((email) => `${email} ${now} ${name}`).join("\n");
        return answer(io, options, said, async (client) => {
          const { id } = await findGroup(client, name);
          const { addMember, removeMember } = client.groups;
          const change = verb === "add" ? addMember : removeMember;
          for (const user of await findUsers(client, emails)) {
            await change.mutate({ id, userId: user.id });
          }
          return { id };
        });
      });
  member("add", "put users into a group", "is in");
  member("remove", "take users out of a group", "is not in");
}

async function listGroups(io: CommandIo, options: Options): Promise<void> {
  const rows = await withClient(io, options, (client) => client.groups.list.query());
  if (options.json) return writeJson(io.stdout, rows);
  const cells = rows.map(({ name, memberCount, tableCount, slackChannel }) => [
    name,
    memberCount,
    tableCount,
    slackChannel ?? "",
  ]);
  writeTable(io.stdout, ["NAME", "MEMBERS", "TABLES", "SLACK"], cells);
}

/** A sentence, or the group's id in JSON. */
async function answer(
  io: CommandIo,
  options: Options,
  sentence: string,
  act: (client: Client) => Promise<{ id: number }>,
): Promise<void> {
  const { id } = await withClient(io, options, act);
  if (options.json) return writeJson(io.stdout, { id });
  io.stdout.write(`${sentence}\n`);
}

/** By its name. Throws `notFound`, naming those that there are. */
async function findGroup(client: Client, name: string): Promise<GroupView> {
  const all = await client.groups.list.query();
  const found = all.find((group) => group.name === name);
  if (found) return found;
  const names = all.map((group) => group.name).join(", ") || "none";
  throw new MaestroError("notFound", `there is no group ${name}; there are: ${names}`);
}
