import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import type { ImportSelect } from "../../../shared/import-select.ts";
import type { FieldSchema } from "../../../shared/table.ts";
import type { Source, SourceRelation } from "../../connectors/source.ts";
import { schemaOf } from "../../connectors/source-column.ts";
import type { StoredTable } from "../../connectors/warehouse.ts";
import type { ImportContext } from "../../db/transfer-contexts.ts";
import { conditionsHold } from "../../domain/condition.ts";
import { wallTimeOfTick } from "../../domain/frequency.ts";
import { type IdRange, printSelect } from "../../domain/primitive-select.ts";
import { type SchemaChange, schemaChange } from "../../domain/schema-change.ts";
import { retryTransient } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";

const retries = 8;

export interface IncrementRange {
  ids: IdRange;
  above: string | null;
  lastId: string | null;
  /** As the source described them before it was waited for: the snapshot must have the same. */
  schema: FieldSchema[];
  /** How the columns have changed since the last import, which is why all rows are taken. */
  change: SchemaChange | null;
  /** Another reason to take all rows. */
  anew: NonNullable<TransferResult["anew"]> | null;
}

/**
 * The ids to read; null: all rows, since the table has no id column. It does not go on from the watermark
 *   - where its table is not in the warehouse any more: what was imported before is gone with it;
 *   - where it is of another project: what was imported since then went there;
 *   - where the columns are others than those of the last import: what stands in a new column, or in one
 *     of another type, for the rows that were imported before is known to the source alone.
 * Where no row is committed above the watermark the range is empty, so that what is committed from now
 * on waits for the next import.
 */
export async function chooseRange(
  deps: Pick<Deps, "warehouse" | "random">,
  source: Source,
  relation: SourceRelation,
  plan: { select: ImportSelect; kind: DatabaseKind; context: ImportContext; signal: AbortSignal },
): Promise<IncrementRange | null> {
  const { select, kind, context, signal } = plan;
  const { dataset, name, idColumn: column } = context.definition;
  const { lastId, isLastIdElsewhere } = context;
  if (column === null) return null;
  const readTable = () => deps.warehouse.getTable(dataset, name);
  const again = { retries, random: deps.random, signal };
  const isFirst = lastId === null || isLastIdElsewhere;
  const table = isFirst ? null : await retryTransient(readTable, again);
  const { columns } = await source.describe(printSelect(select, kind, relation, null));
  const schema = schemaOf(columns);
  const change = table && changeSince(context.lastSchema, table, schema);
  const above = table === null || change !== null ? null : lastId;
  const anew = table === null ? whyAnew(context) : null;
  const facts = { above, schema, change, anew };
  const bound = await source.safeBound(column, above);
  if (bound !== null) return { ...facts, ids: { column, above, upTo: bound }, lastId: bound };
  const empty = above ?? "0";
  return { ...facts, ids: { column, above: empty, upTo: empty }, lastId: above };
}

/** Where nobody remembers the last import's columns, those that the table has not are new. */
function changeSince(
  before: FieldSchema[] | null,
  table: StoredTable,
  now: FieldSchema[],
): SchemaChange | null {
  if (before !== null) return schemaChange(before, now);
  const stored = new Set(table.schema.map((field) => field.name.toLowerCase()));
  const added = now.map((field) => field.name).filter((each) => !stored.has(each.toLowerCase()));
  return added.length > 0 ? { added, dropped: [], changed: [] } : null;
}

function whyAnew(context: ImportContext): IncrementRange["anew"] {
  const { lastId, isLastIdElsewhere, lastSchema, definition, tick } = context;
  if (lastId !== null) return isLastIdElsewhere ? "moved" : "gone";
  const conditions = definition.reimportConditions ?? [];
  const isFirst = lastSchema === null;
  if (isFirst || tick === null || conditions.length === 0) return null;
  const wall = wallTimeOfTick(tick.frequency, tick.at);
  return conditionsHold(conditions, wall, tick.frequency.timeZone).holds ? "condition" : null;
}
