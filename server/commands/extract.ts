import { Command } from "commander";
import { MaestroError } from "../../shared/errors.ts";
import type { TableExtract } from "../../shared/table.ts";
import { bytesText } from "../domain/words.ts";
import {
  addConnectionOptions,
  type Client,
  type CommandIo,
  withClient,
} from "./client-connection.ts";
import { instantText, progressBar, writeJson } from "./client-output.ts";
import { downloadFiles } from "./download-files.ts";

interface Options {
  download?: string;
  json?: boolean;
}

/** `maestro extract TABLE [--download DIR]`. */
export function createExtractCommand(io: CommandIo): Command {
  return addConnectionOptions(new Command("extract"))
    .description("the files of a table's newest extract, with signed URLs")
    .argument("<table>", "dataset.name")
    .option("--download <directory>", "save the files there; again, it goes on where it was")
    .action((name: string, options: Options) => showExtract(io, name, options));
}

async function showExtract(io: CommandIo, name: string, options: Options): Promise<void> {
  const { download, json } = options;
  await withClient(io, options, async (client) => {
    const table = await client.tables.byName.query({ name });
    const ask = () =>
      readExtract(client, { id: table.id, name, isAsked: table.definition.extract });
    const extract = await ask();
    if (download === undefined) {
      if (json) return writeJson(io.stdout, extract);
      return writeExtract(io, extract);
    }
    const show = json ? () => undefined : createProgress(io, extract);
    const files = await downloadFiles(extract, { directory: download, ask, onProgress: show });
    if (json) return writeJson(io.stdout, { ...extract, files });
    if (io.stdout.isTTY) io.stdout.write("\r\u001b[2K");
    io.stdout.write(`${files.map(({ path }) => path).join("\n")}\n`);
  });
}

async function readExtract(
  client: Client,
  table: { id: number; name: string; isAsked: boolean },
): Promise<TableExtract> {
  const extract = await client.tables.extract.query({ id: table.id });
  if (extract) return extract;
  const remedy = table.isAsked
    ? `run it (maestro run ${table.name} --wait)`
    : "switch its extract on in its definition, and run it";
  throw new MaestroError("notFound", `${table.name} has no extract: ${remedy}`);
}

function writeExtract(io: CommandIo, extract: TableExtract): void {
  const lines = extract.files.map(({ name, bytes, url }) => `${bytesText(bytes)}  ${name}\n${url}`);
  io.stdout.write(
    `made ${instantText(extract.at)} by run ${extract.runId}; the URLs end ${instantText(extract.expiresAt)} (UTC)\n${lines.join("\n")}\n`,
  );
}

/** A bar that is written over on a terminal; a line for each file that is done elsewhere. */
function createProgress(
  io: CommandIo,
  { files }: TableExtract,
): (progress: { bytes: number; filesDone: number }) => void {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let told = 0;
  return ({ bytes, filesDone }) => {
    const amount = `${filesDone} of ${files.length} files, ${bytesText(bytes)} of ${bytesText(total)}`;
    if (io.stdout.isTTY) {
      io.stdout.write(`\r\u001b[2K${progressBar(total === 0 ? 1 : bytes / total)}  ${amount}`);
    } else if (filesDone > told) {
      told = filesDone;
      io.stdout.write(`… ${amount}\n`);
    }
  };
}
