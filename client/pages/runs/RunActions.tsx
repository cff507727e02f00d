import { createSignal, Show } from "solid-js";
import type { RunDetail } from "../../../shared/run.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { Icon } from "../../components/Icon.tsx";
import { createAction } from "../../state/create-action.ts";
import { api } from "../../trpc.ts";

/** Resume what failed, or cancel what goes on. */
export function RunActions(props: { run: RunDetail }) {
  const [isAsking, setAsking] = createSignal(false);
  const resume = createAction("Resume", () => api.runs.resume.mutate({ id: props.run.id }));
  const cancel = createAction("Cancel", () => api.runs.cancel.mutate({ id: props.run.id }));
  return (
    <>
      <Show when={props.run.state === "failed" || props.run.state === "cancelled"}>
        <button
          type="button"
          class="button primary"
          disabled={resume.isRunning()}
          title="Runs again what failed, was skipped or cancelled, and nothing that succeeded"
          onClick={() => void resume.run()}
        >
          <Icon name="refresh" />
          Resume
        </button>
      </Show>
      <Show when={props.run.state === "running"}>
        <button
          type="button"
          class="button danger"
          disabled={cancel.isRunning()}
          onClick={() => setAsking(true)}
        >
          <Icon name="stop" />
          Cancel
        </button>
      </Show>
      <ConfirmDialog
        title="Cancel this run?"
        text="Its running jobs are cancelled in the warehouse too. What has succeeded stays; the rest can be resumed later."
        action="Cancel the run"
        open={isAsking()}
        onClose={() => setAsking(false)}
        onConfirm={() => void cancel.run()}
      />
    </>
  );
}
