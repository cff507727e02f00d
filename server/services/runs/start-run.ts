import { MaestroError } from "../../../shared/errors.ts";
import type { RunSelection } from "../../../shared/run.ts";
import {
  insertRun,
  lockFrequency,
  selectTablesToRun,
  unfinishedRunOf,
} from "../../db/run-assembly.ts";
import { inTransaction, type Transition } from "../../db/transition.ts";
import { ancestorsOf, descendantsOf } from "../../domain/graph.ts";
import { loadCatalogGraph } from "../catalog/catalog-graph.ts";
import type { Deps } from "../deps.ts";
import { assembleTableRuns } from "./assemble-table-runs.ts";

/**
 * Starts a run by hand: of a frequency, or of tables, with all that they are made from or all that is
 * made from them. What was chosen runs whatever its conditions say, and waits for no other run's
 * ticks. `stagedObjects` are the files of external tables that are uploaded already.
 */
export async function startRun(
  deps: Pick<Deps, "pool" | "changes" | "log">,
  selection: RunSelection,
  actor: { userId: number | null },
  options: { stagedObjects?: ReadonlyMap<number, string[]> } = {},
): Promise<{ runId: number }> {
  const runId = await inTransaction(deps.pool, async (transition) => {
    const { tx } = transition;
    const chosen =
      selection.kind === "frequency"
        ? await chooseFrequency(transition, selection.frequencyId)
        : { tableIds: await chooseTables(transition, selection) };
    const tables = await selectTablesToRun(tx, chosen);
    if (tables.length === 0) {
      throw new MaestroError(
        "invalidInput",
        "there is no table to run: none was chosen, or it was deleted",
      );
    }
    const runId = await insertRun(tx, {
      kind: "manual",
      frequencyId: "frequencyId" in chosen ? chosen.frequencyId : null,
      tickAt: null,
      startedBy: actor.userId,
    });
    const stagedObjects = options.stagedObjects ?? new Map();
    await assembleTableRuns(transition, { runId, tables, tick: null, stagedObjects });
    return runId;
  });
  deps.log.info({ runId, selection }, "a run was started");
  deps.changes.publish({ noun: "run", id: runId, runId });
  return { runId };
}

async function chooseFrequency({ tx }: Transition, frequencyId: number) {
  const frequency = await lockFrequency(tx, frequencyId);
  if (!frequency) throw new MaestroError("notFound", `there is no frequency ${frequencyId}`);
  const unfinished = await unfinishedRunOf(tx, frequencyId);
  if (unfinished !== null) {
    throw new MaestroError(
      "conflict",
      `run ${unfinished} of the frequency ${frequency.name} has not ended: wait for it, or cancel it`,
    );
  }
  return { frequencyId };
}

async function chooseTables(
  { tx }: Transition,
  selection: Extract<RunSelection, { kind: "tables" }>,
): Promise<number[]> {
  const { tableIds, withAncestors, withDescendants } = selection;
  if (!withAncestors && !withDescendants) return tableIds;
  const graph = await loadCatalogGraph(tx);
  return [
    ...new Set([
      ...tableIds,
      ...(withAncestors ? ancestorsOf(graph, tableIds) : []),
      ...(withDescendants ? descendantsOf(graph, tableIds) : []),
    ]),
  ];
}
