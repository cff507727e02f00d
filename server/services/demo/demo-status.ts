import type { DemoStatus } from "../../../shared/demo.ts";
import { readDemo } from "../../db/demo.ts";
import type { Deps } from "../deps.ts";

/** How far the sample project is. Once loaded, `runId` names the run that brings it to green. */
export async function demoStatus(deps: Pick<Deps, "db">): Promise<DemoStatus> {
  return (
    (await readDemo(deps.db)) ?? {
      state: "absent",
      stage: "",
      done: 0,
      total: 0,
      error: null,
      runId: null,
    }
  );
}
