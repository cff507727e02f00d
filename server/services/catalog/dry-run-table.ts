import { MaestroError } from "../../../shared/errors.ts";
import type { DryRunResult, TableDefinition } from "../../../shared/table.ts";
import { checkWrittenNames } from "../../domain/column-names.ts";
import { priceBytes } from "../costs/price-bytes.ts";
import { readPrice } from "../costs/read-price.ts";
import { readDatabase } from "../databases/read-database.ts";
import type { Deps } from "../deps.ts";
import { validateImportQuery } from "../transfers/validate-import-query.ts";
import { inferReferences } from "./infer-references.ts";
import { resolveReferences } from "./resolve-references.ts";

/** Someone waits and looks: longer than a save waits. */
const timeoutMs = 30_000;

/**
 * What the definition would cost and read, without saving it. SQL that is refused is an answer, with
 * the place of the fault; so is an import's SELECT, which is held against what imports may do.
 */
export async function dryRunTable(
  deps: Pick<Deps, "db" | "sqlParser" | "warehouse" | "secretBox" | "givenSettings">,
  definition: TableDefinition,
  id: number | null,
): Promise<DryRunResult & { price: number | null }> {
  const inference = await inferReferences(deps, definition, { dryRunTimeoutMs: timeoutMs });
  const { dryRun } = inference;
  const references = await resolveReferences(deps.db, inference.references, id);
  // Why there was no dry run is the answer itself here.
  const { disagreements: warnings } = inference;
  const refused = dryRun.kind === "refused" || dryRun.kind === "away";
  const fault = refused ? dryRun.error : await importFault(deps, definition);
  if (fault) {
    return {
      ok: false,
      message: fault.message,
      line: fault.position?.line ?? null,
      column: fault.position?.column ?? null,
      references,
      warnings,
      price: null,
    };
  }
  const { bytesProcessed, schema } =
    dryRun.kind === "done" ? dryRun.statistics : { bytesProcessed: 0, schema: [] };
  const { pricePerTib } = await readPrice(deps);
  const price = priceBytes(bytesProcessed, pricePerTib);
  return { ok: true, bytesProcessed, schema, references, warnings, price };
}

/** What is wrong with an import's SELECT; null where nothing is, or where it is no import. */
async function importFault(
  deps: Pick<Deps, "db">,
  definition: TableDefinition,
): Promise<MaestroError | null> {
  if (definition.kind !== "import") return null;
  const { importDatabaseId: id } = definition;
  try {
    // Before a database is chosen it is read as for PostgreSQL; most is refused for either.
    const kind = id === null ? "postgres" : (await readDatabase(deps, id)).kind;
    checkWrittenNames(validateImportQuery(definition, kind).select);
    return null;
  } catch (error) {
    if (error instanceof MaestroError) return error;
    throw error;
  }
}
