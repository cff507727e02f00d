import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { ImportSelect } from "../../../shared/import-select.ts";
import { openSource } from "../../connectors/open-source.ts";
import type { Source, SourceRelation } from "../../connectors/source.ts";
import { schemaOf } from "../../connectors/source-column.ts";
import { withStagingDirectory } from "../../connectors/staging-directory.ts";
import {
  largeSize,
  type StagedFile,
  type StagingSize,
  smallSize,
  stageRows,
} from "../../connectors/staging-file.ts";
import { type ImportContext, readImportContext } from "../../db/transfer-contexts.ts";
import { checkColumnNames } from "../../domain/column-names.ts";
import {
  type IdRange,
  isSystemSchema,
  namedColumns,
  printSelect,
} from "../../domain/primitive-select.ts";
import { type SchemaChange, schemaChange, schemaChangeText } from "../../domain/schema-change.ts";
import { databaseAddress } from "../databases/database-address.ts";
import type { Deps } from "../deps.ts";
import { identifySource } from "./identify-source.ts";
import { keepTable } from "./keep-table.ts";
import { type Pace, paceTransfer } from "./pace-transfer.ts";
import { StagedUploads } from "./staged-uploads.ts";
import { tellStatement } from "./tell-statement.ts";
import type { Work } from "./transfer-work.ts";
import { validateImportQuery } from "./validate-import-query.ts";

/** A statement that takes longer is ended by the source. */
const statementTimeoutSeconds = 6 * 3600;
const reportMs = 500;

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
  const read = (directory: string, size: StagingSize) =>
    withSource(open, (source) =>
      readSource(deps, source, work, {
        kind: address.kind,
        select,
        context,
        directory,
        size,
        pay: pace.pay,
      }),
    );
  const staging = withStagingDirectory(async (directory) => {
    let reading = await read(directory, smallSize);
    if (reading === "tooLarge")
      reading = await withStagingDirectory((next) => read(next, largeSize));
    if (reading === "tooLarge") {
      throw new MaestroError("database", "a row is larger than BigQuery's 100 MB");
    }
    return reading;
  });
  return staging.finally(() => pace.end());
}

async function withSource<T>(
  open: () => Promise<Source>,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const source = await open();
  try {
    return await work(source);
  } catch (error) {
    throw source.describeFault(error);
  } finally {
    await source.close();
  }
}

async function readSource(
  deps: Deps,
  source: Source,
  work: Work,
  plan: Plan & { directory: string; size: StagingSize; pay: Pace["pay"] },
): Promise<Reading | "tooLarge"> {
  const relation = await source.findTable(plan.select.table);
  checkRelation(relation, plan);
  const range = await chooseRange(source, relation, plan);
  await source.begin();
  const printed = printSelect(plan.select, plan.kind, relation, range?.ids ?? null);
  const { columns, expectedRows } = await source.describe(printed);
  checkColumnNames(columns.map((column) => column.name));
  await tellStatement(deps, work.claim, printed);
  const nullMarker = `~null ${work.claim.id}.${work.claim.fence}~`;
  const stream = source.rows(printed, columns);
  const report = () =>
    work.report({ rows: stream.rows, bytes: stream.bytes, totalRows: expectedRows });
  const timer = setInterval(report, reportMs);
  const uploads = new StagedUploads(deps, work);
  try {
    const onFile = (file: StagedFile) => uploads.add(file);
    const staged = await stageRows({ ...plan, stream, columns, nullMarker, onFile });
    if (staged === "tooLarge") return staged;
    const { objects, bytes } = await uploads.finish();
    report();
    const change = range?.change ?? null;
    const keptAs = change && (await keepTable(deps, work, plan.context));
    if (change) {
      const facts = { alert: "schemaChange", tableRun: work.claim.tableRunId, ...change, keptAs };
      deps.log.warn(facts, "the columns of a source have changed: all rows are imported anew");
    }
    const { format, rows } = staged;
    const result = {
      objects,
      format,
      schema: schemaOf(columns),
      rows,
      lastId: range?.lastId ?? null,
      fromLastId: range?.above ?? null,
      watermark: plan.context.lastId,
      source: identifySource(plan.context.definition),
      nullMarker: format === "CSV" ? nullMarker : null,
      ...(change ? { schemaChange: { text: schemaChangeText(change), keptAs } } : {}),
    };
    return { result, bytes };
  } finally {
    clearInterval(timer);
    await uploads.settle();
  }
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

interface Range {
  ids: IdRange;
  above: string | null;
  lastId: string | null;
  /** Why an import that could go on takes all rows anew. */
  change: SchemaChange | null;
}

/**
 * The ids to read; null: all rows. Where the columns are others than those of the last import, the
 * table is imported whole again: what stands in a new column, or in one of another type, for the rows
 * that were imported before is known to the source alone. Where no row is committed above the watermark the range is empty, so
 * that what is committed from now on waits for the next import.
 */
async function chooseRange(
  source: Source,
  relation: SourceRelation,
  plan: Plan,
): Promise<Range | null> {
  const { definition, lastId, lastSchema } = plan.context;
  const { idColumn: column } = definition;
  if (column === null) return null;
  const { columns } = await source.describe(printSelect(plan.select, plan.kind, relation, null));
  const goesOn = lastId !== null && lastSchema !== null;
  const change = goesOn ? schemaChange(lastSchema, schemaOf(columns)) : null;
  const above = change ? null : lastId;
  const bound = await source.safeBound(column, above);
  if (bound !== null) return { ids: { column, above, upTo: bound }, above, lastId: bound, change };
  const empty = above ?? "0";
  return { ids: { column, above: empty, upTo: empty }, above, lastId: above, change };
}
