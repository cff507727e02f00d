import { For, Show } from "solid-js";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { formatPlural } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";

/** How the repository fares, and a look for what was pushed there. */
export function GitCheck() {
  const git = createApiQuery(
    () => ["settings", "git"],
    (signal) => api.git.state.query(undefined, { signal }),
    { pollMs: (state) => (state !== undefined && state.waiting > 0 ? 5000 : false) },
  );
  const sync = createAction(
    "Sync",
    async () => {
      const { applied } = await api.git.sync.mutate({});
      showToast(`${formatPlural(applied.length, "table")} taken into the catalog`);
      git.refetch();
    },
    { quiet: true },
  );
  return (
    <>
      <Show when={git.data()?.isSetUp && git.data()}>
        {(state) => (
          <div class="muted small" role="status">
            {state().waiting === 0
              ? "Every save is a commit."
              : `${formatPlural(state().waiting, "save")} not committed yet.`}{" "}
            <Show when={state().fault}>{(fault) => <>The newest fault: {fault()}</>}</Show>
            <Show when={state().conflicts.length > 0}>
              <p>
                Changed on both sides, and left alone:{" "}
                <For each={state().conflicts}>{(name) => <code>{name} </code>}</For>: say which side
                holds with <code>maestro sync --take</code>.
              </p>
            </Show>
          </div>
        )}
      </Show>
      <Show when={sync.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
      <div class="row">
        <button
          type="button"
          class="button"
          disabled={!git.data()?.isSetUp || sync.isRunning()}
          onClick={() => void sync.run()}
        >
          Take what was pushed
        </button>
      </div>
    </>
  );
}
