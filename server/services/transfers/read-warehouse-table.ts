import { MaestroError } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { StoredTable } from "../../connectors/warehouse.ts";
import { retryTransient } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";

/** Few, because a page is held as JSON text, as what is parsed from it, and as values. */
const rowsAPage = 2_000;
const retries = 6;

export function nameOf({ dataset, name }: TableDefinition): string {
  return `${dataset}.${name}`;
}

/** What the warehouse says of it; an error where it has no such table. */
export async function readWarehouseTable(
  { warehouse, random }: Pick<Deps, "warehouse" | "random">,
  definition: TableDefinition,
  signal: AbortSignal,
): Promise<StoredTable> {
  const read = () => warehouse.getTable(definition.dataset, definition.name);
  const table = await retryTransient(read, { retries, random, signal });
  if (table) return table;
  throw new MaestroError(
    "notFound",
    `there is no table ${nameOf(definition)} in BigQuery: run it first`,
  );
}

/** All its rows, some at a time. */
export async function* readPages(
  { warehouse, random }: Pick<Deps, "warehouse" | "random">,
  { dataset, name }: TableDefinition,
  { schema }: StoredTable,
  signal: AbortSignal,
): AsyncGenerator<unknown[][]> {
  let pageToken: string | null = null;
  do {
    signal.throwIfAborted();
    const page: { schema: StoredTable["schema"]; maxRows: number; pageToken: string | null } = {
      schema,
      maxRows: rowsAPage,
      pageToken,
    };
    const read = () => warehouse.readPage(dataset, name, page);
    const { rows, nextPageToken } = await retryTransient(read, {
      retries,
      random,
      signal,
    });
    yield rows;
    pageToken = nextPageToken;
  } while (pageToken !== null);
}
