import { Transform } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Reservation, reserveBytes, returnBytes } from "../../db/pace.ts";
import type { Deps } from "../deps.ts";

/** How soon a limit holds that is set where there was none. */
const lookMs = 1_000;
/** What is asked for at once: the reservation is of a quarter of a second's bytes at most. */
const quarterMs = 250;
const mostBytes = 2 ** 40;

/** Holds one transfer to its share of the bytes a second of a database. */
export interface Pace {
  /** Resolves when so many bytes may be moved; at once where there is no limit. */
  pay(bytes: number): Promise<void>;
  /** Lets bytes through as they are paid. One chunk waits in it at most. */
  through(): Transform;
  /** Gives back what was reserved in vain. */
  end(): Promise<void>;
}

/**
 * See db/pace.ts. Bytes are reserved for a quarter of a second in advance, so that a fast transfer asks
 * four times a second; the rest is given back at the end. A change of the limit holds for the next
 * reservation. While PostgreSQL is away the transfer goes on at the pace of its last reservation.
 */
export function paceTransfer(
  deps: Pick<Deps, "db" | "log">,
  databaseId: number,
  signal: AbortSignal,
): Pace {
  let left = 0;
  let freeUntil = 0;
  let last: Reservation | null = null;

  const reserve = async (): Promise<Reservation | null> => {
    const askedAt = performance.now();
    try {
      last = await reserveBytes(deps.db, databaseId, mostBytes);
      return last;
    } catch (error) {
      deps.log.warn({ err: error, database: databaseId }, "transfer: its pace cannot be asked for");
      const tookMs = performance.now() - askedAt;
      return last && { ...last, waitMs: Math.max(0, last.waitMs, quarterMs - tookMs) };
    }
  };

  const pay = async (bytes: number): Promise<void> => {
    if (performance.now() < freeUntil) return;
    let due = bytes;
    while (due > left) {
      due -= left;
      left = 0;
      const reservation = await reserve();
      if (reservation === null) {
        freeUntil = performance.now() + lookMs;
        return;
      }
      left = reservation.bytes;
      await delay(reservation.waitMs, undefined, { signal });
    }
    left -= due;
  };

  return {
    pay,
    through: () =>
      new Transform({
        transform(chunk: Buffer, _encoding, done) {
          // Most chunks are paid for already: a promise each would cost more than they do.
          if (left >= chunk.length) {
            left -= chunk.length;
            return done(null, chunk);
          }
          pay(chunk.length).then(() => done(null, chunk), done);
        },
      }),
    async end() {
      if (left === 0) return;
      const unused = left;
      left = 0;
      await returnBytes(deps.db, databaseId, unused).catch((error: unknown) => {
        deps.log.warn({ err: error, database: databaseId }, "transfer: its pace is not returned");
      });
    },
  };
}
