import { createSignal } from "solid-js";
import { type TableDefinition, tableDefinitionSchema } from "../../shared/table.ts";
import { asksFirst, needsPlan, type TablePlan } from "../../shared/table-plan.ts";
import { toApiError } from "../api-error.ts";
import { api } from "../trpc.ts";
import { type Action, createAction } from "./create-action.ts";

/** What is shown of a save before it is done. */
export interface ShownPlan {
  /** Null where none could be made. */
  plan: TablePlan | null;
  /** Why there is none. */
  fault: string | null;
  /** What it is a plan of. */
  definition: TableDefinition;
}

export interface Plan {
  shown: () => ShownPlan | null;
  /** Whether the definition has changed since the shown plan was made of it. */
  isStale: () => boolean;
  isRunning: () => boolean;
  /** Makes a plan and shows it. */
  show: Action<[]>;
  /**
   * Makes a plan, and shows it where the save breaks something, or where not everything could be
   * checked: then somebody has to say so. False where the save may go on.
   */
  asksFirst(): Promise<boolean>;
  close(): void;
}

/** What a save would be of: the table, what is saved of it, and what would be. */
export interface PlanSource {
  id: () => number | null;
  saved: () => TableDefinition;
  definition: () => TableDefinition;
}

/** What saving a definition would do. */
export function createPlan(source: PlanSource): Plan {
  const [shown, setShown] = createSignal<ShownPlan | null>(null);
  const [isRunning, setRunning] = createSignal(false);

  /** Made anew as long as somebody writes on meanwhile. */
  async function make(): Promise<ShownPlan> {
    setRunning(true);
    try {
      for (;;) {
        const planned = await planOf(source.id(), source.definition());
        if (!isOther(planned.definition, source.definition())) return planned;
      }
    } finally {
      setRunning(false);
    }
  }
  const isStale = () => {
    const now = shown();
    return now !== null && isOther(now.definition, source.definition());
  };
  return {
    shown,
    isStale,
    isRunning,
    show: createAction("Plan", async () => setShown(await make())),
    async asksFirst() {
      const definition = tableDefinitionSchema.safeParse(source.definition());
      // What is not valid at all is the save's to refuse, at its field.
      if (source.id() === null || !definition.success) return false;
      if (!needsPlan(source.saved(), definition.data)) return false;
      const planned = await make();
      if (planned.plan !== null && !asksFirst(planned.plan)) return false;
      setShown(planned);
      return true;
    },
    close: () => setShown(null),
  };
}

async function planOf(id: number | null, definition: TableDefinition): Promise<ShownPlan> {
  try {
    const plan = await api.tables.plan.query({ definition, ...(id === null ? {} : { id }) });
    return { plan, fault: null, definition };
  } catch (cause) {
    return { plan: null, fault: toApiError(cause).message, definition };
  }
}

function isOther(one: TableDefinition, other: TableDefinition): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
