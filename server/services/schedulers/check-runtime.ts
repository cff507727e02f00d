import { MaestroError } from "../../../shared/errors.ts";
import type { Specification } from "../../../shared/scheduler.ts";

/** Throws for what no worker could bring up. */
export function checkRuntime({ runtime }: Pick<Specification, "runtime">): void {
  if (runtime === "process") return;
  throw new MaestroError(
    "notSupported",
    `runtime ${runtime} is not there yet: use runtime process, whose rooms are processes of the worker's machine`,
    { field: "runtime" },
  );
}
