import type { DrivenJob, Driving } from "../services/jobs/driven-job.ts";
import type { Advance, Pulse } from "../services/runs/advance-runs.ts";
import type { Log } from "../support/log.ts";

type Held = Pulse["held"][number];

/** A claim of this process, and the two ways in which it ends early. */
export interface HeldClaim {
  driven: DrivenJob;
  driving: Pick<Driving, "signal" | "cancel" | "cancelledMs">;
}

interface Handle {
  letGo: AbortController;
  setCancelled(secondsAgo: number | null): void;
}

function createClaim(driven: DrivenJob): HeldClaim & Handle {
  const letGo = new AbortController();
  const cancel = new AbortController();
  let cancelledAtMs = Number.POSITIVE_INFINITY;
  const cancelledMs = () => Math.max(0, performance.now() - cancelledAtMs);
  const setCancelled: Handle["setCancelled"] = (secondsAgo) => {
    if (secondsAgo === null) return;
    cancelledAtMs = performance.now() - secondsAgo * 1000;
    cancel.abort();
  };
  setCancelled(driven.claim.cancelledSeconds);
  const driving = { signal: letGo.signal, cancel: cancel.signal, cancelledMs };
  return { driven, driving, letGo, setCancelled };
}

/** The claims of this process, by table run. */
export function createHeldClaims(log: Log) {
  const held = new Map<number, HeldClaim & Handle>();
  return {
    hold(driven: DrivenJob): HeldClaim {
      const claim = createClaim(driven);
      // One that was ours already, and that we have claimed anew: a clock was set, say.
      held.get(driven.claim.id)?.letGo.abort(new Error("it was claimed anew"));
      held.set(driven.claim.id, claim);
      return claim;
    },
    has: (claim: HeldClaim) => held.get(claim.driven.claim.id) === claim,
    drop({ tableRunId, fence }: Held) {
      if (held.get(tableRunId)?.driven.claim.fence === fence) held.delete(tableRunId);
    },
    list: (): Held[] =>
      [...held.values()].map(({ driven: { claim } }) => ({
        tableRunId: claim.id,
        fence: claim.fence,
      })),
    /** Lets go what is another's by now, and cancels what people cancelled. */
    applyRenewal(asked: Held[], renewed: Advance["renewed"]) {
      const answers = new Map(renewed.map((each) => [each.id, each]));
      for (const { tableRunId, fence } of asked) {
        const claim = held.get(tableRunId);
        if (claim?.driven.claim.fence !== fence) continue;
        const answer = answers.get(tableRunId);
        if (answer) claim.setCancelled(answer.cancelledSeconds);
        if (answer) continue;
        log.warn({ tableRunId }, "another daemon has taken over a table run");
        claim.letGo.abort(new Error("the lease was lost"));
        held.delete(tableRunId);
      }
    },
    letAllGo(why: Error) {
      for (const { letGo } of held.values()) letGo.abort(why);
    },
  };
}
