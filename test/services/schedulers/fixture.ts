import { pino } from "pino";
import { rooms } from "../../../drizzle/schema/schedulers.ts";
import { createSecretBox } from "../../../server/support/crypto.ts";
import type { ChangeEvent } from "../../../shared/event.ts";
import { roomDeps } from "../../support/room-deps.ts";
import { openTestDb } from "../transfers/fixture.ts";

export const actor = { userId: null, name: "test" };

/** What the services of schedulers and rooms ask for, on a database of the test's own. */
export async function openSchedulerDeps() {
  const client = await openTestDb();
  const events: ChangeEvent[] = [];
  const insertRoom = async (
    schedulerId: number,
    values: Partial<typeof rooms.$inferInsert> = {},
  ) => {
    const id = values.id ?? `room-${Math.random().toString(36).slice(2, 10)}`;
    await client.db.insert(rooms).values({ schedulerId, ...values, id });
    return id;
  };
  return {
    ...client,
    ...roomDeps(client.db),
    log: pino({ level: "silent" }),
    secretBox: createSecretBox("test secret"),
    changes: {
      publish: (event: ChangeEvent) => void events.push(event),
      subscribe: () => () => undefined,
      close: () => Promise.resolve(),
    },
    events,
    insertRoom,
  };
}

export type SchedulerDeps = Awaited<ReturnType<typeof openSchedulerDeps>>;
