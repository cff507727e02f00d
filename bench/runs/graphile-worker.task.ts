import { pathToFileURL } from "node:url";
import type { QueueInput } from "./queues.ts";
import type { Surroundings } from "./setting.ts";
import { type Timed, timed } from "./timed.ts";

/** As much of graphile-worker's interface as is used here. */
interface GraphileWorker {
  run(options: object): Promise<Runner>;
  makeWorkerUtils(options: object): Promise<Adding>;
  Logger: new (factory: () => () => void) => unknown;
}
interface Adding {
  addJob(task: string, payload: object): Promise<unknown>;
  addJobs(specs: { identifier: string; payload: object }[]): Promise<unknown>;
}
interface Runner {
  events: { on(event: "job:complete", listener: () => void): void };
  stop(): Promise<void>;
}

/** graphile-worker with its defaults, over tasks that do nothing: timed from adding them to the last end. */
export async function prepare({ connectionString, entry }: Surroundings & { entry: string }) {
  const { run, makeWorkerUtils, Logger } = (await import(
    pathToFileURL(entry).href
  )) as GraphileWorker;
  const logger = new Logger(() => () => undefined);
  const utils = await makeWorkerUtils({ connectionString, logger });
  return async ({ shape, count, width }: QueueInput): Promise<Timed> => {
    const all = Promise.withResolvers<void>();
    let completed = 0;
    const runner = await run({
      connectionString,
      concurrency: width,
      maxPoolSize: width + 2,
      noHandleSignals: true,
      logger,
      taskList: {
        single: () => Promise.resolve(),
        level: async ({ left }: { left: number }, helpers: Adding) => {
          if (left > 0) await helpers.addJob("level", { left: left - 1 });
        },
      },
    });
    runner.events.on("job:complete", () => {
      completed += 1;
      if (completed === count) all.resolve();
    });
    const singles = Array.from({ length: count }, () => ({ identifier: "single", payload: {} }));
    const time = await timed(async () => {
      if (shape === "chain") await utils.addJob("level", { left: count - 1 });
      else await utils.addJobs(singles);
      await all.promise;
    });
    await runner.stop();
    if (completed !== count) throw new Error(`${completed} jobs completed of ${count}`);
    return time;
  };
}
