import { createMemo, createSignal, For, Show } from "solid-js";
import type { TableDetail, TableVersionView } from "../../../shared/table.ts";
import { QueryView } from "../../components/QueryView.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { createPlan } from "../../state/create-plan.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";
import { PlanDialog } from "./PlanDialog.tsx";
import { VersionDiff } from "./VersionDiff.tsx";

/** Every save, newest first; each against the one before it, with a way back. */
export function VersionsTab(props: { table: TableDetail }) {
  const versions = createApiQuery(
    () => ["table", "versions", props.table.id],
    (signal) => api.tables.versions.query({ id: props.table.id }, { signal }),
    { replace: true },
  );
  const [chosen, setChosen] = createSignal<number | null>(null);
  const restore = createAction("Restore", async (version: number) => {
    const saved = await api.tables.restore.mutate({ id: props.table.id, version });
    showToast(`Version ${version} is back`, `saved as version ${saved.version}`);
    setChosen(null);
    versions.refetch();
  });
  const [wanted, setWanted] = createSignal<TableVersionView | null>(null);
  const plan = createPlan({
    id: () => props.table.id,
    saved: () => props.table.definition,
    definition: () => wanted()?.definition ?? props.table.definition,
  });
  /** A restored version is a save like any other: it asks where it breaks something. */
  async function askAndRestore(version: TableVersionView): Promise<void> {
    if (plan.isRunning()) return;
    setWanted(version);
    setChosen(version.version);
    if (!(await plan.asksFirst())) await restore.run(version.version);
  }
  return (
    <QueryView query={versions} what="the versions">
      {(data) => {
        const sorted = createMemo(() => [...data()].sort((a, b) => b.version - a.version));
        const shown = createMemo(
          () => sorted().find((one) => one.version === chosen()) ?? sorted()[0],
        );
        const before = createMemo(() =>
          sorted().find((one) => one.version < (shown()?.version ?? 0)),
        );
        return (
          <div class="versions">
            <ul class="card list" aria-label="Versions">
              <For each={sorted()}>
                {(one) => (
                  <li>
                    <div class="grow">
                      <button
                        type="button"
                        class="link-button"
                        style={{ "text-align": "left" }}
                        aria-pressed={shown()?.version === one.version}
                        onClick={() => setChosen(one.version)}
                      >
                        <strong>Version {one.version}</strong>
                        <div class="small muted">
                          {one.savedBy ?? "Maestro"}, <RelativeTime at={one.savedAt} />
                        </div>
                      </button>
                      <Show when={one.commit}>
                        {(commit) => <CommitLink sha={commit().sha} url={commit().url} />}
                      </Show>
                      <Show when={one.commitFault}>
                        {(why) => <div class="field-error">Not committed: {why()}</div>}
                      </Show>
                    </div>
                    <Show
                      when={one.version !== props.table.version}
                      fallback={<span class="pill succeeded">current</span>}
                    >
                      <button
                        type="button"
                        class="button small"
                        disabled={restore.isRunning() || plan.isRunning() || !props.table.canWrite}
                        onClick={() => void askAndRestore(one)}
                      >
                        {plan.isRunning() && wanted() === one ? "Checking…" : "Restore"}
                      </button>
                    </Show>
                  </li>
                )}
              </For>
            </ul>
            <Show when={shown()}>
              {(now) => <VersionDiff now={now()} before={before() ?? null} />}
            </Show>
            <Show when={plan.shown()}>
              {(shown) => (
                <PlanDialog
                  shown={shown()}
                  again={null}
                  action="Restore"
                  onClose={plan.close}
                  onSave={() => void restore.run(wanted()?.version ?? 0)}
                />
              )}
            </Show>
          </div>
        );
      }}
    </QueryView>
  );
}

function CommitLink(props: { sha: string; url: string | null }) {
  const short = () => props.sha.slice(0, 8);
  return (
    <div class="small muted">
      commit{" "}
      <Show when={props.url} fallback={<code title={props.sha}>{short()}</code>}>
        {(url) => (
          <a href={url()} target="_blank" rel="noreferrer">
            {short()}
          </a>
        )}
      </Show>
    </div>
  );
}
