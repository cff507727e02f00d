import { and, eq, inArray, isNull } from "drizzle-orm";
import { datasets, tables } from "../../../drizzle/schema/tables.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { RunSelection } from "../../../shared/run.ts";
import type { Deps } from "../deps.ts";
import { mayWriteGroup } from "./authorize.ts";
import type { SignedIn } from "./principal.ts";

/**
 * Who may start what: tables, whoever may write every one that is named (what they draw in as
 * ancestors or descendants follows); a frequency, whoever may write one of its tables.
 */
export async function assertMayStart(
  deps: Pick<Deps, "db">,
  principal: SignedIn,
  selection: RunSelection,
): Promise<void> {
  if (principal.user.isAdmin) return;
  const owned = await deps.db
    .select({ groupId: tables.groupId, name: tables.name, dataset: datasets.name })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(
      and(
        isNull(tables.deletedAt),
        selection.kind === "tables"
          ? inArray(tables.id, selection.tableIds)
          : eq(tables.frequencyId, selection.frequencyId),
      ),
    );
  const foreign = owned.filter(({ groupId }) => !mayWriteGroup(principal, groupId));
  if (selection.kind === "tables" ? foreign.length === 0 : foreign.length < owned.length) return;
  const [first] = foreign;
  throw new MaestroError(
    "forbidden",
    first && selection.kind === "tables"
      ? `you are not in the group that owns ${first.dataset}.${first.name}`
      : "none of this frequency's tables is your groups'",
  );
}
