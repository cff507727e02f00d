import { sweepStaging } from "../../connectors/staging-directory.ts";
import type { Deps } from "../deps.ts";

/** Frees the disk of what rooms that were killed have left on this machine. Never throws. */
export async function sweepStagingFiles(deps: Pick<Deps, "log">): Promise<void> {
  try {
    await sweepStaging();
  } catch (error) {
    deps.log.warn({ err: error }, "room: stale staging files not removed");
  }
}
