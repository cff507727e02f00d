import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import type { OperationView } from "../../shared/operation.ts";
import { roomStates } from "../../shared/room.ts";
import { writeSpecification } from "../../shared/scheduler-text.ts";
import type { ScaleRequest, SchedulerView } from "../../shared/scheduler-view.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { durationText, instantText, writeJson, writeTable } from "./client-output.ts";

interface Options {
  json?: boolean;
}

/** `maestro schedulers list|show|create|update|rollback|image|min|scale|delete|rooms|operations|versions`. */
export function createSchedulersCommand(io: CommandIo): Command {
  const schedulers = new Command("schedulers").description("fleets of rooms; for admins");
  addReading(io, schedulers);
  addSpecifications(io, schedulers);
  addSize(io, schedulers);
  addConnectionOptions(schedulers.command("delete"))
    .description("let its rooms end, and delete it")
    .argument("<name>")
    .action((name: string, options: Options) =>
      answer(
        io,
        options,
        (client) => client.schedulers.remove.mutate({ name }),
        () => `${name} is being deleted`,
      ),
    );
  return schedulers;
}

function addReading(io: CommandIo, schedulers: Command): void {
  addConnectionOptions(schedulers.command("list"))
    .description("all schedulers, with how many rooms each has")
    .action((options: Options) => list(io, options));
  addConnectionOptions(schedulers.command("show"))
    .description("its state and its specification, as YAML")
    .argument("<name>")
    .action((name: string, options: Options) => show(io, name, options));
  addConnectionOptions(schedulers.command("rooms"))
    .description("its rooms")
    .argument("<name>")
    .action((name: string, options: Options) => rooms(io, name, options));
  addConnectionOptions(schedulers.command("operations"))
    .description("what was done with its rooms, the newest first")
    .argument("<name>")
    .option("--limit <number>", "at most so many", "20")
    .action((name: string, options: Options & { limit: string }) => operations(io, name, options));
  addConnectionOptions(schedulers.command("versions"))
    .description("the specifications that it has had, the newest first")
    .argument("<name>")
    .action((name: string, options: Options) => versions(io, name, options));
}

function addSpecifications(io: CommandIo, schedulers: Command): void {
  addConnectionOptions(schedulers.command("create"))
    .description("make a scheduler of a specification")
    .requiredOption("-f, --file <file>", "YAML or JSON; - for standard input")
    .action(async ({ file, ...options }: Options & { file: string }) => {
      const specification = await readText(io, file);
      const create = (client: Client) => client.schedulers.create.mutate({ specification });
      return answer(
        io,
        options,
        create,
        ({ name, version }) => `${name} is made, version ${version}`,
      );
    });
  addConnectionOptions(schedulers.command("update"))
    .description("give a scheduler another specification")
    .argument("<name>")
    .requiredOption("-f, --file <file>", "YAML or JSON; - for standard input")
    .action(async (name: string, { file, ...options }: Options & { file: string }) => {
      const specification = await readText(io, file);
      const update = (client: Client) => client.schedulers.update.mutate({ name, specification });
      return answer(io, options, update, tellChange);
    });
  addConnectionOptions(schedulers.command("rollback"))
    .description("give a scheduler the specification of an earlier version again")
    .argument("<name>")
    .argument("<version>", "such as 1.2")
    .action((name: string, version: string, options: Options) =>
      answer(
        io,
        options,
        (client) => client.schedulers.rollBack.mutate({ name, version }),
        tellChange,
      ),
    );
  addConnectionOptions(schedulers.command("image"))
    .description("give its rooms another image, and replace them")
    .argument("<name>")
    .argument("<image>", "such as acme/scorer:1.5")
    .action((name: string, image: string, options: Options) =>
      answer(
        io,
        options,
        (client) => client.schedulers.setImage.mutate({ name, image }),
        tellChange,
      ),
    );
}

function addSize(io: CommandIo, schedulers: Command): void {
  addConnectionOptions(schedulers.command("min"))
    .description("change the least number of its rooms")
    .argument("<name>")
    .argument("<number>")
    .action((name: string, text: string, options: Options) => {
      const min = wholeNumber("number", text);
      return answer(
        io,
        options,
        (client) => client.schedulers.setMin.mutate({ name, min }),
        tellChange,
      );
    });
  addConnectionOptions(schedulers.command("scale"))
    .description("change how many rooms there shall be; autoscaling goes on from there")
    .argument("<name>")
    .argument("<rooms>", "so many; +2 for two more, -2 for two fewer")
    .action((name: string, text: string, options: Options) =>
      answer(
        io,
        options,
        (client) => client.schedulers.scale.mutate({ name, to: scaleTo(text) }),
        ({ replicas }) => `${name} is to have ${replicas} rooms`,
      ),
    );
}

function scaleTo(text: string): ScaleRequest {
  if (text.startsWith("+")) return { scaleup: wholeNumber("rooms", text.slice(1)) };
  if (text.startsWith("-")) return { scaledown: wholeNumber("rooms", text.slice(1)) };
  return { replicas: wholeNumber("rooms", text) };
}

function wholeNumber(field: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new MaestroError(
    "invalidInput",
    `${field} is ${JSON.stringify(text)}: write a whole number`,
  );
}

/** Runs a change, and says in a sentence what it came to. */
async function answer<T>(
  io: CommandIo,
  options: Options,
  act: (client: Client) => Promise<T>,
  tell: (changed: T) => string,
): Promise<void> {
  const changed = await withClient(io, options, act);
  if (options.json) writeJson(io.stdout, changed);
  else io.stdout.write(`${tell(changed)}\n`);
}

function tellChange(changed: { name: string; version: string; change: string }): string {
  if (changed.change === "none") return `${changed.name} is so already, version ${changed.version}`;
  const then = changed.change === "major" ? "; its rooms are replaced" : "";
  return `${changed.name} is version ${changed.version} now${then}`;
}

async function readText(io: CommandIo, file: string): Promise<string> {
  if (file === "-") {
    let text = "";
    for await (const chunk of io.stdin ?? []) text += String(chunk);
    return text;
  }
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new MaestroError("invalidInput", `${file} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  });
}

async function list(io: CommandIo, options: Options): Promise<void> {
  const all = await withClient(io, options, (client) => client.schedulers.list.query());
  if (options.json) return writeJson(io.stdout, all);
  const cells = all.map((one) => [
    one.name,
    one.specification.game || null,
    one.state,
    one.version,
    one.rooms.creating ?? 0,
    one.rooms.ready ?? 0,
    one.rooms.occupied ?? 0,
    boundsOf(one),
    one.operation && tellOperation(one.operation),
  ]);
  writeTable(
    io.stdout,
    ["NAME", "GAME", "STATE", "VERSION", "CREATING", "READY", "OCCUPIED", "BOUNDS", "NOW"],
    cells,
  );
}

function boundsOf({ specification: { autoscaling } }: SchedulerView): string {
  return `${autoscaling.min} to ${autoscaling.max === 0 ? "any" : autoscaling.max}`;
}

function tellOperation({ summary, progress }: OperationView): string {
  return progress ? `${summary}: ${progress.done} of ${progress.total}` : summary;
}

async function show(io: CommandIo, name: string, options: Options): Promise<void> {
  const view = await withClient(io, options, (client) => client.schedulers.get.query({ name }));
  if (options.json) return writeJson(io.stdout, view);
  const counts = roomStates.flatMap((state) =>
    view.rooms[state] ? [`${view.rooms[state]} ${state}`] : [],
  );
  const now = view.operation ? `\n# now: ${tellOperation(view.operation)}` : "";
  io.stdout.write(
    `# ${view.state}, version ${view.version}; rooms: ${counts.join(", ") || "none"}${now}\n${writeSpecification(view.specification)}`,
  );
}

async function rooms(io: CommandIo, name: string, options: Options): Promise<void> {
  const all = await withClient(io, options, (client) => client.schedulers.rooms.query({ name }));
  if (options.json) return writeJson(io.stdout, all);
  const cells = all.map((room) => [
    room.id,
    room.isDraining ? `${room.state}, draining` : room.state,
    room.version,
    instantText(room.createdAt),
    instantText(room.pingedAt),
    room.reason,
  ]);
  writeTable(
    io.stdout,
    ["ROOM", "STATE", "VERSION", "CREATED (UTC)", "PINGED (UTC)", "REASON"],
    cells,
  );
}

async function operations(
  io: CommandIo,
  name: string,
  options: Options & { limit: string },
): Promise<void> {
  const limit = wholeNumber("--limit", options.limit);
  const all = await withClient(io, options, (client) =>
    client.schedulers.operations.query({ name, limit }),
  );
  if (options.json) return writeJson(io.stdout, all);
  const now = new Date();
  const cells = all.map((one) => [
    instantText(one.createdAt),
    tellOperation(one),
    one.state,
    durationText(one.startedAt, one.endedAt, now),
    one.actor,
    one.reason,
  ]);
  writeTable(io.stdout, ["ASKED (UTC)", "WHAT", "STATE", "TOOK", "BY", "REASON"], cells);
}

async function versions(io: CommandIo, name: string, options: Options): Promise<void> {
  const all = await withClient(io, options, (client) => client.schedulers.versions.query({ name }));
  if (options.json) return writeJson(io.stdout, all);
  const cells = all.map((one) => [
    one.isCurrent ? `${one.version}, current` : one.version,
    instantText(one.savedAt),
    one.savedBy,
    one.failure,
  ]);
  writeTable(io.stdout, ["VERSION", "SAVED (UTC)", "BY", "ROLLED BACK AS"], cells);
}
