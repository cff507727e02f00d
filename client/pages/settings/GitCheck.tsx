import { createSignal, For, Show } from "solid-js";
import type { GitState, SyncItem, SyncPlan } from "../../../shared/git.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
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
  const [asked, setAsked] = createSignal<SyncPlan | null>(null);
  const look = createAction(
    "Sync",
    async () => {
      const plan = await api.git.plan.query({});
      if (plan.items.some(isAsked)) setAsked(plan);
      else await sync.run(plan.head);
    },
    { quiet: true },
  );
  const sync = createAction(
    "Sync",
    async (head: string | null) => {
      const { applied } = await api.git.sync.mutate({ head });
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
            {waitingText(state())}{" "}
            <Show when={state().fault}>{(fault) => <>The fault: {fault()}</>}</Show>
            <Show when={state().rewrittenFrom}>
              {(commit) => (
                <p>
                  The history of the branch was rewritten: it led to{" "}
                  <code>{commit().slice(0, 12)}</code> before. Tables that lost their commit are
                  left alone.
                </p>
              )}
            </Show>
            <For each={state().refused}>
              {({ name, version, why }) => (
                <p>
                  Not committed: <code>{name}</code>
                  {version === null ? ", its removal" : `, version ${version}`}: {why}
                </p>
              )}
            </For>
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
      <Show when={look.error() ?? sync.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
      <div class="row">
        <button
          type="button"
          class="button"
          disabled={!git.data()?.isSetUp || look.isRunning() || sync.isRunning()}
          onClick={() => void look.run()}
        >
          Take what was pushed
        </button>
      </div>
      <Show when={asked()}>
        {(plan) => (
          <ConfirmDialog
            title="Take in what breaks or removes tables?"
            text={`${toldOf(plan())} The other changes of the branch are taken in with it.`}
            action="Take it in"
            open
            onClose={() => setAsked(null)}
            onConfirm={() => void sync.run(plan().head)}
          />
        )}
      </Show>
    </>
  );
}

function waitingText({ waiting, refused }: GitState): string {
  if (waiting > 0) return `${formatPlural(waiting, "save")} not committed yet.`;
  return refused.length === 0 ? "Every save is a commit." : "Every other save is a commit.";
}

function isAsked({ action, asks }: SyncItem): boolean {
  return action === "remove" || asks === true;
}

/** What speaks against a plan, a sentence each; the first of many. */
function toldOf({ items }: SyncPlan): string {
  const asked = items.filter(isAsked);
  const told = asked
    .slice(0, 20)
    .map(({ name, action, detail }) =>
      action === "remove" ? `${name} is gone from the repository.` : `${name}: ${detail}.`,
    );
  return [...told, ...(asked.length > 20 ? [`And ${asked.length - 20} more.`] : [])].join(" ");
}
