import { MaestroError } from "../../../shared/errors.ts";
import { transferScheduler } from "../../../shared/scheduler.ts";
import { selectScheduler } from "../../db/schedulers.ts";
import type { Deps } from "../deps.ts";
import { createScheduler } from "./create-scheduler.ts";
import { updateScheduler } from "./update-scheduler.ts";

/** How many rooms of Maestro's own there may be. */
export interface TransferRooms {
  min: number;
  max: number;
}

const actor = { userId: null, name: "maestro" };

/**
 * The scheduler of Maestro's own rooms, as this worker is told that it shall be. By its queue there are
 * as many rooms as have work, at once; they go a minute after there is none. What they run each machine
 * knows for itself.
 */
export async function ensureTransferRooms(
  deps: Pick<Deps, "db" | "changes">,
  wanted: TransferRooms,
): Promise<void> {
  const specification = {
    name: transferScheduler,
    game: "maestro",
    cmd: ["maestro", "room"],
    requests: { cpu: "100m", memory: "256Mi" },
    limits: { cpu: "4", memory: "4Gi" },
    shutdownTimeout: 60,
    autoscaling: {
      min: wanted.min,
      max: wanted.max,
      up: { metricsTrigger: [{ type: "queue" }] },
      down: { metricsTrigger: [{ type: "queue", time: 60, threshold: 90 }], cooldown: 30 },
    },
  };
  const there = await selectScheduler(deps.db, transferScheduler);
  if (!there) {
    const isMade = await createScheduler(deps, actor, specification).then(
      () => true,
      takenMeanwhile,
    );
    if (isMade) return;
  }
  if (there?.state !== "terminating") {
    await updateScheduler(deps, actor, transferScheduler, specification);
  }
}

/** Makes it again where somebody has deleted it. */
export async function keepTransferRooms(
  deps: Pick<Deps, "db" | "changes">,
  wanted: TransferRooms | null,
): Promise<void> {
  if (wanted === null || (await selectScheduler(deps.db, transferScheduler))) return;
  await ensureTransferRooms(deps, wanted);
}

/** Another worker that starts at the same time has made it. */
function takenMeanwhile(error: unknown): boolean {
  if (error instanceof MaestroError && error.code === "conflict") return false;
  throw error;
}
