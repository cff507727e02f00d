import { type RunFilter, runFilterSchema } from "../../../shared/run-filter.ts";
import { instantOf } from "../../format.ts";

/** The page's address: the filter, with times as the browser's fields have them, and the page. */
export type RunParams = Record<
  "state" | "frequency" | "kind" | "by" | "table" | "from" | "to" | "before",
  string
>;

/** The address of all runs. */
export const noFilter: Record<keyof RunParams, null> = {
  state: null,
  frequency: null,
  kind: null,
  by: null,
  table: null,
  from: null,
  to: null,
  before: null,
};

/** What of the address makes sense; the rest is as if it were not there. */
export function filterOf(params: Partial<RunParams>): RunFilter {
  const values = {
    state: params.state,
    frequencyId: Number(params.frequency) || undefined,
    kind: params.kind,
    startedBy: params.by || undefined,
    table: params.table || undefined,
    from: instantOf(params.from),
    to: instantOf(params.to),
  };
  const given = Object.entries(values).filter(
    ([key, value]) => value !== undefined && runFilterSchema.safeParse({ [key]: value }).success,
  );
  return runFilterSchema.parse(Object.fromEntries(given));
}
