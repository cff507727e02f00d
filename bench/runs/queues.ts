import { findPeer, type Peer } from "../support/peers.ts";

/** What queues are given: `chain` adds each job at the end of the one before. */
export interface QueueInput {
  shape: "independent" | "chain";
  count: number;
  width: number;
}

export interface QueuePeer {
  name: string;
  task: string;
  peer: Peer;
}

/** Queues of others; the newest releases that the registry has whole. */
export function findQueues(install: boolean): QueuePeer[] {
  return [
    {
      name: "graphile-worker",
      task: "./graphile-worker.task.ts",
      peer: findPeer({
        name: "graphile-worker",
        packages: ["graphile-worker@0.18"],
        entry: "graphile-worker/dist/index.js",
        install,
      }),
    },
    {
      name: "pg-boss",
      task: "./pg-boss.task.ts",
      peer: findPeer({
        name: "pg-boss",
        packages: ["pg-boss@12.35"],
        entry: "pg-boss/dist/index.js",
        install,
      }),
    },
  ];
}
