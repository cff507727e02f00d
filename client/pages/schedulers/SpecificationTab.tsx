import { createSignal, For, Show } from "solid-js";
import { writeSpecification } from "../../../shared/scheduler-text.ts";
import type { SchedulerVersionView, SchedulerView } from "../../../shared/scheduler-view.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";
import { tellUpdate } from "./change-text.ts";

/** Every specification that a scheduler has had, the newest first, with a way back. */
export function SpecificationTab(props: { scheduler: SchedulerView; onChanged: () => void }) {
  const name = () => props.scheduler.name;
  const versions = createApiQuery(
    () => ["schedulers", "versions", name()],
    (signal) => api.schedulers.versions.query({ name: name() }, { signal }),
  );
  const [chosen, choose] = createSignal<string | null>(null);
  const [earlier, setEarlier] = createSignal<SchedulerVersionView | null>(null);
  const [isAsking, setAsking] = createSignal(false);
  const rollBack = createAction("Roll back", async ({ version }: SchedulerVersionView) => {
    const changed = await api.schedulers.rollBack.mutate({ name: name(), version });
    showToast(`${version} is back`, `as version ${changed.version}`);
    choose(null);
    versions.refetch();
    props.onChanged();
  });
  const effectOf = (version: SchedulerVersionView | null) =>
    version === null ? "" : tellUpdate(props.scheduler, version.specification);
  return (
    <QueryView query={versions} what="the versions">
      {(data) => {
        const shown = () =>
          data().find(({ version }) => version === chosen()) ??
          data().find(({ isCurrent }) => isCurrent);
        return (
          <div class="versions">
            <ul class="card list" aria-label="Versions">
              <For each={data()}>
                {(one) => (
                  <VersionItem
                    version={one}
                    isShown={shown()?.version === one.version}
                    mayRollBack={props.scheduler.state !== "terminating" && !rollBack.isRunning()}
                    onShow={() => choose(one.version)}
                    onRollBack={() => {
                      setEarlier(one);
                      setAsking(true);
                    }}
                  />
                )}
              </For>
            </ul>
            <Show when={shown()}>
              {(one) => (
                <div class="card pad">
                  <pre class="statement">{writeSpecification(one().specification)}</pre>
                </div>
              )}
            </Show>
            <ConfirmDialog
              title={`Go back to version ${earlier()?.version ?? ""}?`}
              text={effectOf(earlier())}
              action="Roll back"
              open={isAsking()}
              onClose={() => setAsking(false)}
              onConfirm={() => {
                const version = earlier();
                if (version) void rollBack.run(version);
              }}
            />
          </div>
        );
      }}
    </QueryView>
  );
}

function VersionItem(props: {
  version: SchedulerVersionView;
  isShown: boolean;
  mayRollBack: boolean;
  onShow: () => void;
  onRollBack: () => void;
}) {
  return (
    <li>
      <button
        type="button"
        class="link-button grow"
        style={{ "text-align": "left" }}
        aria-pressed={props.isShown}
        onClick={() => props.onShow()}
      >
        <strong>Version {props.version.version}</strong>
        <div class="small muted">
          {props.version.savedBy ?? "Maestro"}, <RelativeTime at={props.version.savedAt} />
        </div>
        <Show when={props.version.failure}>
          {(failure) => <div class="small why-text bad">Rolled back: {failure()}</div>}
        </Show>
      </button>
      <Show when={!props.version.isCurrent} fallback={<span class="pill succeeded">current</span>}>
        <button
          type="button"
          class="button small"
          disabled={!props.mayRollBack}
          onClick={() => props.onRollBack()}
        >
          Roll back
        </button>
      </Show>
    </li>
  );
}
