import type { SourceTable } from "../../shared/database.ts";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import {
  type ImportProposal,
  importDefinition,
  proposeImports,
  sourceName,
} from "../../shared/import-proposal.ts";
import { type Client, type CommandIo, withClient } from "./client-connection.ts";
import { writeJson, writeTable } from "./client-output.ts";
import { findDatabase } from "./find-database.ts";

/** What the server lists at once. */
const pageSize = 500;

/** `maestro databases browse NAME`. */
export async function browseSource(
  io: CommandIo,
  name: string,
  options: { search?: string; limit: string; json?: boolean },
): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new MaestroError("invalidInput", `--limit is a whole number, not ${options.limit}`);
  }
  const { tables, hasMore } = await withClient(io, options, async (client) =>
    readTables(client, (await findDatabase(client, name)).id, options.search ?? "", limit),
  );
  if (options.json) return writeJson(io.stdout, { tables, hasMore });
  writeTable(
    io.stdout,
    ["TABLE", "ABOUT ROWS", "ID COLUMN", "COLUMNS"],
    tables.map((table) => [
      sourceName(table),
      table.approximateRows,
      table.idColumn,
      columnsText(table),
    ]),
  );
  if (hasMore) {
    io.stdout.write(`the first ${tables.length}; --search and --limit show others\n`);
  }
}

async function readTables(
  client: Client,
  id: number,
  search: string,
  limit: number,
): Promise<{ tables: SourceTable[]; hasMore: boolean }> {
  const tables: SourceTable[] = [];
  for (;;) {
    const page = await client.databases.browse.query({
      id,
      search,
      limit: Math.min(pageSize, limit - tables.length),
      offset: tables.length,
    });
    tables.push(...page.tables);
    const isEnough = tables.length >= limit || page.tables.length === 0;
    if (!page.hasMore || isEnough) return { tables, hasMore: page.hasMore };
  }
}

function columnsText({ columns }: SourceTable): string {
  const shown = columns.slice(0, 5).map(({ name, type }) => `${name} ${type}`);
  const more = columns.length > shown.length ? `, and ${columns.length - shown.length} more` : "";
  return `${shown.join(", ")}${more}`;
}

/** `maestro databases import NAME schema.table…`. */
export async function importTables(
  io: CommandIo,
  name: string,
  sources: string[],
  options: { dataset?: string; json?: boolean },
): Promise<void> {
  const made = await withClient(io, options, async (client) => {
    const database = await findDatabase(client, name);
    const found = await findTables(client, database.id, sources);
    const taken = (await client.tables.list.query({ limit: 100_000 })).map((table) => table.name);
    const importDataset = options.dataset ?? database.importDataset;
    const proposals = proposeImports({ ...database, importDataset }, found, taken);
    const results: Awaited<ReturnType<typeof createOne>>[] = [];
    for (const proposal of proposals) {
      const result = await createOne(client, database.id, proposal);
      results.push(result);
      if (!options.json) io.stdout.write(`${resultText(result)}\n`);
    }
    return results;
  });
  if (options.json) writeJson(io.stdout, made);
  const refused = made.filter((one) => one.error !== null);
  if (refused.length > 0) {
    throw new MaestroError("invalidInput", `${refused.length} of ${made.length} were not made`);
  }
}

/** All of them, or nothing is made. */
async function findTables(
  client: Client,
  databaseId: number,
  sources: string[],
): Promise<SourceTable[]> {
  const found: SourceTable[] = [];
  for (const source of sources) {
    // Its longest part that is written as it is, without quotes.
    const parts = source.split('"').toSorted((one, other) => other.length - one.length);
    const { tables } = await readTables(client, databaseId, parts[0] ?? "", 10_000);
    const table = tables.find((one) =>
      [sourceName(one), `${one.schema}.${one.name}`].includes(source),
    );
    if (!table) {
      const near = tables.slice(0, 3).map(sourceName);
      const hint = near.length > 0 ? `; there are ${near.join(", ")}` : "";
      throw new MaestroError(
        "notFound",
        `there is no table ${source} that the database's user may read${hint}: write schema.table`,
      );
    }
    found.push(table);
  }
  return found;
}

interface Made {
  id: number | null;
  name: string;
  source: string;
  idColumn: string | null;
  error: string | null;
}

async function createOne(
  client: Client,
  databaseId: number,
  proposal: ImportProposal,
): Promise<Made> {
  const { dataset, name, source, idColumn } = proposal;
  const named = { name: `${dataset}.${name}`, source: sourceName(source), idColumn };
  try {
    const definition = importDefinition(databaseId, proposal);
    const { id } = await client.tables.create.mutate({ definition });
    return { ...named, id, error: null };
  } catch (error) {
    return { ...named, id: null, error: messageOf(error) };
  }
}

function resultText({ name, source, idColumn, error }: Made): string {
  if (error !== null) return `✗ ${name}  ${error}`;
  const how = idColumn === null ? "all rows each time" : `what is new by ${idColumn}`;
  return `✓ ${name}  imports ${source}, ${how}`;
}
