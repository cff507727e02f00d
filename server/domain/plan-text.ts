import type { TablePlan } from "../../shared/table-plan.ts";

/** What a save would break, or might, a sentence each; empty where nothing speaks against it. */
export function effectsOf(plan: TablePlan): string[] {
  const { cycle, refusal, broken, unchecked, outside } = plan;
  return [
    ...(cycle ? [`it would make a cycle: ${cycle.join(" → ")}`] : []),
    ...(refusal === null ? [] : [`its runs would fail: ${refusal}`]),
    ...broken.map(({ name, message }) => `breaks ${name}: ${message}`),
    ...unchecked.map(({ name, message }) => `could not check ${name}: ${message}`),
    ...outside,
  ];
}
