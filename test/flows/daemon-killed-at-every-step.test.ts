import type { ChildProcess } from "node:child_process";
import { test } from "vitest";
import { type CrashSite, crashPoints } from "./crash-points.ts";
import { type Daemons, holdAt, kill, withDaemons } from "./engine-daemons.ts";
import { openFullRun } from "./full-run.ts";

/*
 * One run for each point: a daemon is killed there, another starts, and has 60 s to end the run. The
 * history of it has to be that of a run in which nobody died.
 */

const points = Object.entries(crashPoints).flatMap(([step, sites]) =>
  Object.entries(sites).map(([at, site]) => ({ step, at, site })),
);
const timeoutMs = 120_000;

test.concurrent.each(points)(
  "$step: killed $at, it loses and doubles nothing",
  ({ site }) =>
    withDaemons(async (daemons) => {
      const victim = await daemons.start("first");
      const death = await arm(daemons, site, victim);
      const run = await openFullRun(daemons);
      try {
        await death.happened;
        await daemons.startHere("second");
        await run.check();
      } finally {
        await run.close();
      }
    }),
  timeoutMs,
);

/** Has the daemon killed as soon as it comes to the point. */
async function arm(
  daemons: Daemons,
  site: CrashSite,
  victim: ChildProcess,
): Promise<{ happened: Promise<void> }> {
  const { warehouse, proxy } = daemons;
  const death = Promise.withResolvers<void>();
  const die = async (): Promise<"cut"> => {
    await kill(victim, "SIGKILL");
    death.resolve();
    return "cut";
  };
  if ("change" in site) {
    const hold = await holdAt(daemons, { daemon: "first", table: site.change, when: site.when });
    hold.reached().then(die).then(hold.release).catch(death.reject);
  } else if ("commit" in site) {
    let left = site.occurrence ?? 1;
    proxy.onCommit = ({ statements, phase }) => {
      const isSite =
        phase === site.phase && statements.some((statement) => statement.includes(site.commit));
      if (isSite) left -= 1;
      return isSite && left === 0 ? die() : undefined;
    };
  } else {
    let mustCut = site.afterCut ?? false;
    warehouse.intercept = ({ kind, phase, subject, job }) => {
      const isSubject = site.of === undefined || job === site.of || subject.startsWith(site.of);
      if (mustCut && isSubject && kind === "insert" && phase === "after") {
        mustCut = false;
        return "cut";
      }
      const isSite = isSubject && kind === site.request && phase === site.phase;
      return isSite && !mustCut && victim.signalCode === null ? die() : null;
    };
  }
  return { happened: death.promise };
}
