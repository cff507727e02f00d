import { eq } from "drizzle-orm";
import { settings } from "../../../drizzle/schema/settings.ts";
import { startLoop } from "../../support/loop.ts";
import type { Deps } from "../deps.ts";
import { instanceKey, opens } from "./open-instance.ts";

/** Covers a NOTIFY that was lost. */
const periodMs = 15_000;

/**
 * Notices that the secret was rotated under this process. Whoever knows the one before could make
 * sessions of anybody: from then on nothing is opened, sealed or signed under it, so that each session
 * is refused, and `onRotated` is called, once, to end the process.
 */
export function watchSecret(
  deps: Pick<Deps, "db" | "changes" | "secretBox" | "log">,
  onRotated: () => void,
): { close(): Promise<void> } {
  let isRotated = false;
  const loop = startLoop({
    name: "secret",
    log: deps.log,
    periodMs,
    async body() {
      if (isRotated) return;
      const [row] = await deps.db.select().from(settings).where(eq(settings.key, instanceKey));
      if (!row?.secret || opens(deps.secretBox, row.secret)) return;
      isRotated = true;
      deps.secretBox.retire();
      deps.log.error(
        "the secret was rotated while this Maestro ran: it takes no session any more and stops; start it again with the new secret (-secret or -secretpath)",
      );
      onRotated();
    },
  });
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (noun === "setting") loop.wake();
  });
  return {
    close() {
      unsubscribe();
      return loop.stop();
    },
  };
}
