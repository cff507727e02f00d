import type { Deps } from "../../server/services/deps.ts";
import { cancelRun } from "../../server/services/runs/cancel-run.ts";
import { resumeRun } from "../../server/services/runs/resume-run.ts";
import { startLoop } from "../../server/support/loop.ts";
import { MaestroError } from "../../shared/errors.ts";

const actor = { userId: null, name: "played operator" };

/**
 * Runs that are to be resumed: cancelled, or failed for no other reason than that they waited for a
 * tick that was, or that a job failed which no other attempt follows once the run is cancelled. A run
 * that failed otherwise is left, so that the history shows it.
 */
export const toResume = `
  select r.id::float8 as id from runs r
  where r.state = 'cancelled' or (r.state = 'failed' and not exists (
    select from table_runs t where t.run_id = r.id and t.state = 'failed'
      and t.reason ->> 'code' <> 'parentTick'
      and not coalesce(t.reason ->> 'code' = 'jobFailed' and t.ended_at >= r.cancel_requested_at, false)))
  order by r.id`;

/** People who cancel a run when they are told to, and resume each as soon as its frequency is idle. */
export function playOperators(deps: Deps) {
  const done = { cancels: 0, resumes: 0 };
  let wantedCancels = 0;
  const select = async (text: string) =>
    (await deps.pool.query<{ id: number }>(text)).rows.map(({ id }) => id);

  const cancelOne = async () => {
    const [id] = await select(
      `select id::float8 as id from runs where state = 'running' and cancel_requested_at is null
       order by random() limit 1`,
    );
    if (id === undefined) return;
    const { changed } = await cancelRun(deps, id, actor);
    if (changed) done.cancels += 1;
  };
  const resume = async (id: number) => {
    try {
      const { changed } = await resumeRun(deps, id, actor);
      if (changed) done.resumes += 1;
    } catch (error) {
      const isTooEarly = error instanceof MaestroError && error.code === "conflict";
      if (!isTooEarly) throw error;
    }
  };
  const loop = startLoop({
    name: "operators",
    log: deps.log,
    periodMs: 200,
    body: async () => {
      if (done.cancels < wantedCancels) await cancelOne();
      for (const id of await select(toResume)) await resume(id);
    },
  });
  return {
    done,
    /** As soon as there is a run to cancel. */
    cancelOne() {
      wantedCancels += 1;
      loop.wake();
    },
    stop: () => loop.stop(),
  };
}
