import type { Division } from "../../../drizzle/schema/transfers.ts";
import type { DatabaseKind } from "../../../shared/database.ts";
import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { ImportSelect } from "../../../shared/import-select.ts";
import type {
  SharedSnapshot,
  Source,
  SourceDescription,
  SourceExtent,
  SourceParts,
  SourceRelation,
} from "../../connectors/source.ts";
import { divideTransfer } from "../../db/transfer-parts.ts";
import { countParts, partsBetween, partsOfPages } from "../../domain/import-parts.ts";
import { printSelect } from "../../domain/primitive-select.ts";
import type { Deps } from "../deps.ts";
import type { IncrementRange } from "./choose-range.ts";
import { keepTrying } from "./keep-trying.ts";
import { publishTransfer } from "./publish-transfer.ts";
import type { Work } from "./transfer-work.ts";

/** A part may cost the source so many times its share of the whole, and some pages of index on top. */
const mostCost = 2;
const indexCost = 100;

interface Wanted {
  kind: DatabaseKind;
  select: ImportSelect;
  relation: SourceRelation;
  range: IncrementRange | null;
  /** The id column of the table's increments. */
  idColumn: string | null;
  described: SourceDescription;
  nullMarker: string;
}

/**
 * Divides what is to be read into parts, for other rooms to help with, where that is worth the while:
 * the rows are many, an index leads to a range of them, and the source can share its snapshot.
 *   divided  the parts are written
 *   whole    it is not divided
 *   spoiled  nor is it, and the source's transaction has seen an error: it has to begin anew
 */
export async function divideImport(
  deps: Deps,
  source: Source,
  { claim, signal }: Work,
  wanted: Wanted,
): Promise<"divided" | "whole" | "spoiled"> {
  const { parts } = source;
  if (!parts || wanted.select.limit !== null) return "whole";
  let cut: Cut | null;
  try {
    cut = await cutImport(deps, source, parts, wanted);
  } catch (error) {
    signal.throwIfAborted();
    const facts = { transfer: claim.id, why: messageOf(error) };
    deps.log.info(facts, "transfer: not divided, since the source refuses what that takes");
    return "spoiled";
  }
  if (!cut) return "whole";
  const { columns } = wanted.described;
  const { schema, name } = wanted.relation;
  const { nullMarker } = wanted;
  const division: Division = { ...cut.shared, table: { schema, name }, columns, nullMarker };
  const divide = () => divideTransfer(deps.db, claim, division, cut.statements);
  const isOurs = await keepTrying(deps, signal, divide);
  if (!isOurs) throw new MaestroError("internal", "another room has the transfer");
  deps.log.info({ transfer: claim.id, parts: cut.statements.length }, "transfer: divided");
  publishTransfer(deps, claim);
  return "divided";
}

interface Cut {
  statements: string[];
  shared: SharedSnapshot;
}

async function cutImport(
  { limits }: Pick<Deps, "limits">,
  source: Source,
  parts: SourceParts,
  wanted: Wanted,
): Promise<Cut | null> {
  if (limits.importDividedFrom === 0) return null;
  const extent = await parts.measure(wanted.idColumn);
  if (!extent) return null;
  const { expectedRows } = wanted.described;
  const read = (expectedRows ?? Number.NaN) / (extent.rows ?? Number.NaN);
  const bytes = read < 1 ? read * extent.bytes : extent.bytes;
  const count = countParts(bytes, limits.importDividedFrom);
  if (count === 0) return null;
  for (const cut of [cutPages, cutIds]) {
    const statements = await cut(parts, extent, wanted, count);
    if (statements.length < 2 || !(await isCheap(source, statements, wanted))) continue;
    return { statements, shared: await parts.share() };
  }
  return null;
}

type Cutting = (
  parts: SourceParts,
  extent: SourceExtent,
  wanted: Wanted,
  count: number,
) => Promise<string[]>;

const cutPages: Cutting = async (_parts, { pages }, { kind, select, relation, range }, count) =>
  partsOfPages(pages ?? [], count).map((part) =>
    printSelect(select, kind, relation, range?.ids ?? null, part),
  );

const cutIds: Cutting = async (parts, extent, { kind, select, relation, range }, count) => {
  const { ids } = extent;
  if (!ids) return [];
  const { column } = ids;
  const above = range?.ids?.column === column ? range.ids.above : null;
  const cuts = await parts.cut(extent, { column, above, parts: count });
  if (cuts.length === 0) return [];
  return partsBetween(cuts, ids, range?.ids ?? null).map((part) =>
    printSelect(select, kind, relation, range?.ids ?? null, part),
  );
};

/** An index in no order of the disk, or a server that passes over the bounds, reads the table anew for each. */
async function isCheap(
  source: Source,
  statements: string[],
  { described }: Wanted,
): Promise<boolean> {
  const middle = await source.describe(statements[statements.length >> 1] ?? "");
  const share = (described.cost ?? Number.NaN) / statements.length;
  return (middle.cost ?? Number.NaN) <= mostCost * share + indexCost;
}
