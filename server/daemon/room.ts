import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../services/deps.ts";
import { inCloud } from "../services/settings/in-cloud.ts";
import { claimPart } from "../services/transfers/claim-part.ts";
import { claimTransfer } from "../services/transfers/claim-transfer.ts";
import { sweepStagingFiles } from "../services/transfers/sweep-staging-files.ts";
import { workParts } from "../services/transfers/work-parts.ts";
import { workTransfer } from "../services/transfers/work-transfer.ts";
import { startLoop } from "../support/loop.ts";

/*
 * A room: claims transfers while it has a free slot, and where there are none parts of other rooms'
 * imports, works on them, and settles each. Woken by change events, covered by a poll. `stop` claims nothing more, gives what runs `drainSeconds` to end, and
 * hands the rest back, so that another room goes on at once and not when the lease is over.
 */

export interface Room {
  /** What it would leave to others if it ended now, such as `transfer 7`. */
  holding(): string[];
  /** Claims nothing more; resolves when what it has is done. */
  drain(): Promise<void>;
  /** Called when it takes something up, and when something ends. */
  onChange(listener: () => void): () => void;
  stop(): Promise<void>;
}

const pollMs = 1_000;
const defaultDrainSeconds = 20;
/** Each holds one thread of Node's pool of four while DuckDB converts; files and names need some too. */
const mostAtOnce = 3;

export function startRoom(
  deps: Deps,
  options: { concurrency: number; roomId?: string; drainSeconds?: number },
): Room {
  const roomId = options.roomId ?? deps.processId;
  const slots = Math.min(options.concurrency, mostAtOnce);
  if (slots < options.concurrency) {
    deps.log.warn({ slots }, "room: takes no more at once; start more rooms instead");
  }
  const working = new Map<Promise<void>, string>();
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const draining = new AbortController();
  const claimWork = createClaims(deps, roomId, draining.signal);

  const start = async (signal: AbortSignal) => {
    while (working.size < slots && !signal.aborted) {
      const claimed = await claimWork();
      if (!claimed) return;
      const work = claimed.begin().finally(() => {
        working.delete(work);
        loop.wake();
        tell();
      });
      working.set(work, claimed.name);
      tell();
    }
  };
  const loop = startLoop({ name: "room", log: deps.log, periodMs: pollMs, body: start });
  const unsubscribe = deps.changes.subscribe((event) => {
    if (event.noun === "transfer" && working.size < slots) loop.wake();
  });
  void sweepStagingFiles(deps);

  return {
    holding: () => [...working.values()],
    async drain() {
      unsubscribe();
      await loop.stop();
      await Promise.all(working.keys());
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      unsubscribe();
      await loop.stop();
      const drained = new AbortController();
      const limit = delay((options.drainSeconds ?? defaultDrainSeconds) * 1000, undefined, drained);
      await Promise.race([Promise.all(working.keys()), limit.catch(() => undefined)]);
      drained.abort();
      draining.abort();
      await Promise.all(working.keys());
    },
  };
}

interface Claimed {
  name: string;
  begin(): Promise<void>;
}

/** A transfer, or else a part of another room's import; null where there is neither. */
function createClaims(
  deps: Deps,
  roomId: string,
  drain: AbortSignal,
): () => Promise<Claimed | null> {
  /** Imports of which this room could not have the snapshot. */
  const refused = new Set<string>();
  return async () => {
    const claim = await claimTransfer(deps, roomId);
    if (claim) {
      const facts = { transfer: claim.id, attempt: claim.attempt, room: roomId };
      deps.log.info(facts, "transfer: claimed");
      const begin = () => workTransfer(inCloud(deps, claim.cloud), claim, drain);
      return { name: `transfer ${claim.id}`, begin };
    }
    const part = await claimPart(deps, roomId, refused);
    if (!part) return null;
    const facts = { transfer: part.transfer.id, part: part.number, room: roomId };
    deps.log.info(facts, "transfer part: claimed");
    return {
      name: `part ${part.number} of transfer ${part.transfer.id}`,
      begin: () => workParts(inCloud(deps, part.cloud), part, { owner: roomId, drain, refused }),
    };
  };
}
