import { Show } from "solid-js";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { formatPlural } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";

/** How telling Slack fares, and a message to try it with. */
export function SlackCheck() {
  const slack = createApiQuery(
    () => ["settings", "slack"],
    (signal) => api.settings.slack.query(undefined, { signal }),
    { pollMs: (state) => (state !== undefined && state.waiting > 0 ? 5000 : false) },
  );
  const test = createAction(
    "Send a test message",
    async () => {
      const { channel } = await api.settings.testSlack.mutate();
      showToast(`Slack has it in #${channel}`);
      slack.refetch();
    },
    { quiet: true },
  );
  return (
    <>
      <Show when={slack.data()?.isSetUp && slack.data()}>
        {(state) => (
          <p class="muted small" role="status">
            {state().waiting === 0
              ? "Nothing waits to be told."
              : `${formatPlural(state().waiting, "message")} not told yet.`}{" "}
            <Show when={state().fault}>{(fault) => <>The newest fault: {fault()}</>}</Show>
          </p>
        )}
      </Show>
      <Show when={test.error()}>{(error) => <ErrorNotice error={error()} />}</Show>
      <div class="row">
        <button
          type="button"
          class="button"
          disabled={!slack.data()?.isSetUp || test.isRunning()}
          onClick={() => void test.run()}
        >
          Send a test message
        </button>
      </div>
    </>
  );
}
