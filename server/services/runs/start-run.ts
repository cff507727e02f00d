import type { CloudPlace } from "../../../shared/cloud.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { RunRequest, RunSelection, StartedRun } from "../../../shared/run.ts";
import { lockFrequency } from "../../db/frequencies.ts";
import {
  insertRun,
  selectNames,
  selectRunsWith,
  selectTablesToRun,
  unfinishedRunOf,
} from "../../db/run-assembly.ts";
import { inTransaction, type Transition } from "../../db/transition.ts";
import { ancestorsOf, descendantsOf } from "../../domain/graph.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import { type CatalogGraph, holdCatalogGraph, loadCatalogGraph } from "../catalog/catalog-graph.ts";
import type { Deps } from "../deps.ts";
import { assembleTableRuns, type Delivery } from "./assemble-table-runs.ts";

interface StartOptions {
  cause?: RunRequest["cause"];
  /** Files of external tables that are uploaded already, by table id. */
  stagedObjects?: ReadonlyMap<number, string[]>;
  /** Where those are; absent, runs begin in the current place. */
  cloud?: CloudPlace | null;
  /** Nothing else is done with the tables. */
  delivery?: Delivery;
  /** Done first, in the same transaction. */
  prepare?: (tx: Transition["tx"]) => Promise<void>;
}

/**
 * Starts a run by hand, and writes down who did: of a frequency, or of tables, with all that they are
 * made from or all that is made from them. What was chosen runs whatever its conditions say, and
 * waits for no other run's ticks. A frequency has one unfinished run at a time, and a second start is
 * refused with its number. Tables may be started again while another run has them: the answer names
 * those runs, and each table waits for its turn.
 */
export async function startRun(
  deps: Pick<Deps, "pool" | "changes" | "log" | "clouds">,
  selection: RunSelection,
  actor: Actor,
  options: StartOptions = {},
): Promise<StartedRun> {
  const started = await inTransaction(deps.pool, async (transition) => {
    await options.prepare?.(transition.tx);
    const { cloud = deps.clouds.current() } = options;
    return makeRun(transition, selection, actor, { ...options, cloud });
  });
  deps.log.info({ ...started, selection }, "a run was started");
  deps.changes.publish({ noun: "run", id: started.runId, runId: started.runId });
  return started;
}

async function makeRun(
  transition: Transition,
  selection: RunSelection,
  actor: Actor,
  {
    cause = "start",
    stagedObjects = new Map(),
    delivery,
    cloud,
  }: StartOptions & { cloud: CloudPlace | null },
): Promise<StartedRun> {
  const { tx } = transition;
  const chosen =
    selection.kind === "frequency"
      ? await chooseFrequency(transition, selection.frequencyId)
      : await chooseTables(transition, selection);
  const tables = await selectTablesToRun(tx, chosen.which);
  if (tables.length === 0) {
    throw new MaestroError("invalidInput", `${chosen.what} has no tables: there is nothing to run`);
  }
  const runId = await insertRun(tx, {
    kind: "manual",
    frequencyId: selection.kind === "frequency" ? selection.frequencyId : null,
    tickAt: null,
    startedBy: actor.userId,
    cloud,
    request: { cause, ...chosen.request },
  });
  const askedIds = selection.kind === "tables" ? { askedIds: new Set(selection.tableIds) } : {};
  const more = { ...askedIds, ...(delivery ? { delivery } : {}) };
  await assembleTableRuns(transition, { runId, tables, tick: null, stagedObjects, ...more });
  await recordChange(tx, actor, {
    action: "run.start",
    subjectKind: "run",
    subjectId: runId,
    detail: { ...selection, cause },
  });
  const tableIds = tables.map(({ id }) => id);
  return { runId, behind: await selectRunsWith(tx, tableIds, runId) };
}

interface Chosen {
  which: Parameters<typeof selectTablesToRun>[1];
  /** As an error calls it. */
  what: string;
  request: Omit<RunRequest, "cause">;
}

async function chooseFrequency({ tx }: Transition, frequencyId: number): Promise<Chosen> {
  const frequency = await lockFrequency(tx, frequencyId);
  if (!frequency) throw new MaestroError("notFound", `there is no frequency ${frequencyId}`);
  const what = `the frequency ${frequency.name}`;
  const unfinished = await unfinishedRunOf(tx, frequencyId);
  if (unfinished !== null) {
    throw new MaestroError(
      "conflict",
      `run ${unfinished} of ${what} has not ended: wait for it, or cancel it`,
    );
  }
  const request = { tables: [], tableCount: 0, withAncestors: false, withDescendants: false };
  return { which: { frequencyId }, what, request };
}

/** Names kept of what was asked for: enough to say it in a sentence. */
const mostNames = 10;

async function chooseTables(
  { tx }: Transition,
  selection: Extract<RunSelection, { kind: "tables" }>,
): Promise<Chosen> {
  const { withAncestors, withDescendants } = selection;
  const asked = [...new Set(selection.tableIds)];
  const found = await selectNames(tx, asked);
  assertThere(asked, found);
  const graph = withAncestors || withDescendants ? await loadHeldGraph(tx) : null;
  const tableIds = new Set(asked);
  if (graph && withAncestors) for (const id of ancestorsOf(graph, asked)) tableIds.add(id);
  if (graph && withDescendants) for (const id of descendantsOf(graph, asked)) tableIds.add(id);
  const tables = found.slice(0, mostNames).map(({ name }) => name);
  return {
    which: { tableIds: [...tableIds] },
    what: "the choice",
    request: { tables, tableCount: asked.length, withAncestors, withDescendants },
  };
}

/** Who belongs to the choice is read before what they are: nothing may be saved between the two. */
async function loadHeldGraph(tx: Transition["tx"]): Promise<CatalogGraph> {
  await holdCatalogGraph(tx);
  return loadCatalogGraph(tx);
}

function assertThere(asked: number[], found: Awaited<ReturnType<typeof selectNames>>): void {
  const known = new Set(found.map(({ id }) => id));
  const unknown = asked.find((id) => !known.has(id));
  if (unknown !== undefined) {
    throw new MaestroError("notFound", `there is no table with id ${unknown}`);
  }
  const deleted = found.filter(({ isDeleted }) => isDeleted).map(({ name }) => name);
  if (deleted.length === 0) return;
  const names = deleted.slice(0, mostNames).join(", ");
  const more = deleted.length > mostNames ? ` and ${deleted.length - mostNames} more` : "";
  const message =
    asked.length === 1
      ? `${names} was deleted: it cannot be run`
      : `deleted, and so not to be run: ${names}${more}; start the others without`;
  throw new MaestroError("notFound", message);
}
