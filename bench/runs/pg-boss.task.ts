import { pathToFileURL } from "node:url";
import type { QueueInput } from "./queues.ts";
import type { Surroundings } from "./setting.ts";
import { type Timed, timed } from "./timed.ts";

/** As much of pg-boss's interface as is used here. */
interface Module {
  PgBoss: new (options: object) => Boss;
}
interface Boss {
  on(event: "error", listener: (error: Error) => void): void;
  start(): Promise<unknown>;
  createQueue(name: string, options: object): Promise<unknown>;
  insert(name: string, jobs: { data: object }[]): Promise<unknown>;
  send(name: string, data: object): Promise<unknown>;
  work(
    name: string,
    options: object,
    handler: (jobs: { data: { left: number } }[]) => Promise<void>,
  ): Promise<unknown>;
  offWork(name: string, options: { wait: boolean }): Promise<unknown>;
}

/**
 * pg-boss as it is quickest: woken by NOTIFY, fetching batch after batch while they are full. Timed
 * from adding the jobs to the beginning of the last one, because it tells no earlier end.
 */
export async function prepare({ connectionString, entry }: Surroundings & { entry: string }) {
  const { PgBoss } = (await import(pathToFileURL(entry).href)) as Module;
  const boss = new PgBoss({ connectionString, supervise: false, useListenNotify: true });
  boss.on("error", (error) => {
    throw error;
  });
  await boss.start();
  await boss.createQueue("bench", { notify: true });
  return async ({ shape, count, width }: QueueInput): Promise<Timed> => {
    const all = Promise.withResolvers<void>();
    let begun = 0;
    const options = { batchSize: width, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
    await boss.work("bench", options, async (jobs) => {
      for (const { data } of jobs) {
        begun += 1;
        if (data.left > 0) await boss.send("bench", { left: data.left - 1 });
      }
      if (begun === count) all.resolve();
    });
    const time = await timed(async () => {
      if (shape === "chain") await boss.send("bench", { left: count - 1 });
      else
        await boss.insert(
          "bench",
          Array.from({ length: count }, () => ({ data: { left: 0 } })),
        );
      await all.promise;
    });
    await boss.offWork("bench", { wait: true });
    if (begun !== count) throw new Error(`${begun} jobs begun of ${count}`);
    return time;
  };
}
