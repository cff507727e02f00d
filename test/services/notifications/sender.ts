import { sql } from "drizzle-orm";
import { notifications } from "../../../drizzle/schema/notifications.ts";
import { sendNotification } from "../../../server/services/notifications/send-notification.ts";
import { takeDueNotifications } from "../../../server/services/notifications/take-notifications.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import type { EngineFixture } from "../../support/engine-fixture.ts";

/** Notifications that are sent when a test says so. */
export function senderOf(fixture: EngineFixture) {
  const still = new AbortController().signal;
  const complete = async (tableId: number): Promise<number> => {
    const { runId } = await startRun(fixture.deps, chooseTables([tableId]), nobody);
    const { state } = await fixture.runEnded(runId);
    if (state !== "succeeded") throw new Error(`run ${runId} has ${state}`);
    return runId;
  };
  return {
    complete,
    /** Table runs that end, whose notifications nobody sends but the test. */
    async queued(...tableIds: number[]): Promise<void> {
      const engine = fixture.start({ ticks: false });
      for (const id of tableIds) await complete(id);
      await engine.stop();
    },
    /** As the loop does, without its pauses: what is due is sent. */
    async sendDue() {
      const due = await takeDueNotifications(fixture.deps, []);
      return Promise.all(due.map((one) => sendNotification(fixture.deps, one, still)));
    },
    /** The pauses and leases are over. */
    letTimePass: () =>
      fixture.db.update(notifications).set({ nextAttemptAt: sql`now()`, leaseUntil: sql`now()` }),
  };
}
