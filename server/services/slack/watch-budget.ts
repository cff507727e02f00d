import { tellOnce } from "../../db/outbox.ts";
import { monthSpent } from "../costs/month-spent.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

/** Per cent of the budget that somebody should hear of. */
const marks = [80, 100];

/** Queues news of the marks that this month has passed, each once. */
export async function watchBudget(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "now">,
): Promise<void> {
  const budget = (await readSettings(deps, ["costs.monthlyBudget"]))["costs.monthlyBudget"];
  if (budget === null) return;
  const month = deps.now().toISOString().slice(0, 7);
  const { spent, currency } = await monthSpent(deps, month);
  // Past the last mark the ones before are old news.
  const percent = marks.findLast((mark) => spent * 100 >= budget * mark);
  if (percent === undefined) return;
  const text = `${spent.toFixed(2)} of ${budget} ${currency}`;
  const mark = { kind: "budget", month, percent } as const;
  await tellOnce(deps.db, mark, async () => ({ ...mark, text }));
}
