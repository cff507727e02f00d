import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { ImportSelect } from "../../../shared/import-select.ts";
import { openSource } from "../../connectors/open-source.ts";
import type { Source, SourceRelation } from "../../connectors/source.ts";
import { type SourceColumn, schemaOf } from "../../connectors/source-column.ts";
import { withStagingDirectory } from "../../connectors/staging-directory.ts";
import { type ImportContext, readImportContext } from "../../db/transfer-contexts.ts";
import { checkColumnNames } from "../../domain/column-names.ts";
import { isSystemSchema, namedColumns, printSelect } from "../../domain/primitive-select.ts";
import { schemaChange, schemaChangeText } from "../../domain/schema-change.ts";
import { databaseAddress } from "../databases/database-address.ts";
import type { Deps } from "../deps.ts";
import { chooseRange, type IncrementRange } from "./choose-range.ts";
import { divideImport } from "./divide-import.ts";
import { identifySource } from "./identify-source.ts";
import { keepTable } from "./keep-table.ts";
import { type Pace, paceTransfer } from "./pace-transfer.ts";
import { stagingFolder } from "./remove-staged-objects.ts";
import { stageParts } from "./stage-parts.ts";
import { stageSelect } from "./stage-select.ts";
import { tellStatement } from "./tell-statement.ts";
import type { Work } from "./transfer-work.ts";
import { validateImportQuery } from "./validate-import-query.ts";
import { withSource } from "./with-source.ts";

/** A statement that takes longer is ended by the source. */
export const statementTimeoutSeconds = 6 * 3600;

interface Plan {
  kind: DatabaseKind;
  select: ImportSelect;
  context: ImportContext;
}

interface Reading {
  result: TransferResult;
  bytes: number;
}

/**
 * Source → staged files → bucket. No file is visible before its upload is whole, and then under a
 * name that only this claim uses, so that it counts only once the claim's room has settled it.
 */
export async function runImport(
  deps: Deps,
  work: Work,
): Promise<{ result: TransferResult; bytes: number }> {
  const context = await readImportContext(deps.db, work.claim.tableRunId);
  if (!context?.database) {
    throw new MaestroError("notFound", "the database that it imports from is gone");
  }
  if (!context.database.mayImport) {
    throw new MaestroError("forbidden", `${context.database.name} may not be imported from`);
  }
  const address = databaseAddress(deps, context.database);
  const { select } = validateImportQuery(context.definition, address.kind);
  const open = () => openSource(address, { statementTimeoutSeconds, signal: work.signal });
  const pace = paceTransfer(deps, context.database.id, work.signal);
  const { kind } = address;
  const staging = withStagingDirectory((directory) =>
    withSource(open, (source) =>
      readSource(deps, source, work, { kind, select, context, directory, pay: pace.pay }),
    ),
  );
  return staging.finally(() => pace.end());
}

async function readSource(
  deps: Deps,
  source: Source,
  work: Work,
  plan: Plan & { directory: string; pay: Pace["pay"] },
): Promise<Reading> {
  const relation = await source.findTable(plan.select.table);
  checkRelation(relation, plan);
  const range = await chooseRange(deps, source, relation, { ...plan, signal: work.signal });
  const printed = printSelect(plan.select, plan.kind, relation, range?.ids ?? null);
  const begin = async () => {
    await source.begin();
    const described = await source.describe(printed);
    checkColumns(relation, described.columns, range);
    return described;
  };
  let described = await begin();
  await tellStatement(deps, work.claim, printed);
  const nullMarker = `~null ${work.claim.id}.${work.claim.fence}~`;
  const { idColumn } = plan.context.definition;
  const wanted = { ...plan, relation, range, idColumn, described, nullMarker };
  const how = await divideImport(deps, source, work, wanted);
  if (how === "spoiled") described = await begin();
  const { columns, expectedRows } = described;
  const selection = {
    ...plan,
    statement: printed,
    columns,
    nullMarker,
    folder: stagingFolder(work.claim),
    signal: work.signal,
    report: work.report,
    expectedRows,
  };
  const { objects, format, rows, bytes } =
    how === "divided"
      ? await stageParts(deps, source, work, selection)
      : await stageSelect(deps, source, selection);
  const anew = await tellAnew(deps, work, plan.context, range);
  const result = {
    objects,
    format,
    schema: schemaOf(columns),
    rows,
    lastId: range?.lastId ?? null,
    fromLastId: range?.above ?? null,
    watermark: plan.context.lastId,
    watermarkResets: plan.context.watermarkResets,
    source: identifySource(plan.context.definition),
    nullMarker: format === "CSV" ? nullMarker : null,
    ...anew,
  };
  return { result, bytes };
}

/** PostgreSQL would take a name that is no column for a function of the row, or for the whole row. */
function checkRelation(relation: SourceRelation, { kind, select }: Plan): void {
  if (isSystemSchema(relation.schema, kind)) {
    throw new MaestroError("invalidSql", `the system table ${relation.name} cannot be imported`);
  }
  const known = new Set(relation.columns.map((column) => sameName(column.name, kind)));
  const unknown = namedColumns(select).find((column) => !known.has(sameName(column.name, kind)));
  if (unknown) {
    throw new MaestroError("invalidSql", `${relation.name} has no column ${unknown.name}`, {
      position: unknown.at,
    });
  }
}

/** MySQL takes a column's name in any case. */
function sameName(name: string, kind: DatabaseKind): string {
  return kind === "mysql" ? name.toLowerCase() : name;
}

/**
 * Columns that somebody alters while the import waits for writers are others than those that were held
 * against the last import's: an increment with them would have nothing for the rows of before.
 */
function checkColumns(
  relation: SourceRelation,
  columns: SourceColumn[],
  range: IncrementRange | null,
): void {
  if (columns.length === 0) {
    const why = `${relation.name} has no columns: there is nothing to import`;
    throw new MaestroError("database", why);
  }
  checkColumnNames(columns.map((column) => column.name));
  const change = range && schemaChange(range.schema, schemaOf(columns));
  if (!change) return;
  throw new MaestroError(
    "database",
    `the columns of ${relation.name} were altered while its import began: ${schemaChangeText(change)}`,
    { retryable: true },
  );
}

/** Why all rows are taken, where an increment could be expected; what an import replaces unasked is kept. */
async function tellAnew(
  deps: Deps,
  work: Work,
  context: ImportContext,
  range: IncrementRange | null,
): Promise<Pick<TransferResult, "anew" | "schemaChange">> {
  const tableRun = work.claim.tableRunId;
  if (range?.change) {
    const { change } = range;
    const keptAs = await keepTable(deps, work, context);
    const facts = { alert: "schemaChange", tableRun, ...change, keptAs };
    deps.log.warn(facts, "the columns of a source have changed: all rows are imported anew");
    return { schemaChange: { text: schemaChangeText(change), keptAs } };
  }
  const { dataset, name } = context.definition;
  const table = `${dataset}.${name}`;
  if (range?.anew === "gone") {
    const facts = { alert: "tableGone", tableRun, table };
    deps.log.warn(facts, "a table is not in BigQuery any more: all rows are imported anew");
  }
  if (range?.anew === "moved") {
    deps.log.warn({ tableRun, table }, "the last import was elsewhere: all rows are imported anew");
  }
  return range?.anew ? { anew: range.anew } : {};
}
