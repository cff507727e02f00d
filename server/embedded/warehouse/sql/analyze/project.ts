import { WarehouseError } from "../../contract.ts";
import type { Context } from "./context.ts";

/** There are no permissions here that could be granted on another project's data. */
export function ownProject<T extends { projectId: string; datasetId: string }>(
  ctx: Context,
  name: T,
): T {
  if (name.projectId === ctx.options.projectId) return name;
  throw new WarehouseError(
    "notFound",
    `Not found: Dataset ${name.projectId}:${name.datasetId} was not found in location US`,
  );
}
