import { createSignal } from "solid-js";
import { type TablePlan, tableDefinitionSchema } from "../../shared/table.ts";
import { api } from "../trpc.ts";
import { type Action, createAction } from "./create-action.ts";
import type { TableForm } from "./create-table-form.ts";

export interface Plan {
  /** The plan that is shown; null where none is. */
  shown: () => TablePlan | null;
  /** Makes a plan of the draft and shows it. */
  show: Action<[]>;
  /** Makes a plan, and shows it where the save would break something: then somebody has to say so. */
  asksFirst(): Promise<boolean>;
  close(): void;
}

/** What saving a form's draft would do. */
export function createPlan(form: TableForm): Plan {
  const [shown, setShown] = createSignal<TablePlan | null>(null);

  async function make(): Promise<TablePlan> {
    const id = form.id();
    const definition = tableDefinitionSchema.parse({ ...form.draft });
    return api.tables.plan.query({ definition, ...(id === null ? {} : { id }) });
  }
  return {
    shown,
    show: createAction("Plan", async () => setShown(await make())),
    async asksFirst() {
      // What cannot be planned is the save's to refuse.
      const plan = await make().catch(() => null);
      if (plan === null || plan.broken.length === 0) return false;
      setShown(plan);
      return true;
    },
    close: () => setShown(null),
  };
}
