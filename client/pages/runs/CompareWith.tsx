import { createMemo } from "solid-js";
import type { RunDetail, RunListItem } from "../../../shared/run.ts";
import { Choice } from "../../components/Choice.tsx";
import { runTitle } from "../../components/RunProgress.tsx";
import { formatRelative } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { clock } from "../../state/create-clock.ts";
import { api } from "../../trpc.ts";

const offered = 30;

/** Chooses the run that this one is held against, among those of its kind before it. */
export function CompareWith(props: {
  run: RunDetail;
  before: RunListItem | null;
  onChoose: (id: string | null) => void;
}) {
  const earlier = createApiQuery(
    () => ["runs", "list", "before", props.run.id],
    (signal) =>
      api.runs.list.query(
        {
          limit: offered,
          beforeId: props.run.id,
          ...(props.run.frequencyId === null ? {} : { frequencyId: props.run.frequencyId }),
        },
        { signal },
      ),
  );
  const options = createMemo(() => {
    const runs = (earlier.data() ?? []).filter(({ state }) => state !== "skipped");
    const { before } = props;
    const all =
      before === null || runs.some(({ id }) => id === before.id) ? runs : [before, ...runs];
    return all.map((run): [string, string] => [
      String(run.id),
      `${run.frequencyName === null ? "Run" : runTitle(run)} ${run.id}, ${run.state}, ${formatRelative(Date.parse(run.createdAt), clock())}`,
    ]);
  });
  return (
    <div class="row compare-with">
      <span class="muted">Compared with</span>
      <Choice
        label="Compared with"
        any="The run before"
        value={props.before === null ? undefined : String(props.before.id)}
        options={options()}
        onChange={(id) => props.onChoose(id || null)}
      />
    </div>
  );
}
