import { Show } from "solid-js";
import { commandKey } from "../../keys.ts";
import type { Plan } from "../../state/create-plan.ts";
import type { TableForm } from "../../state/create-table-form.ts";

/** In sight while there is something to save, and the place where two people's edits meet. */
export function SaveBar(props: { form: TableForm; plan: Plan; onSave: () => void }) {
  return (
    <Show when={props.form.isDirty() || props.form.id() === null}>
      <div class="save-bar">
        <Show
          when={props.form.newerVersion()}
          fallback={
            <span class="muted" style={{ flex: 1 }}>
              {props.form.id() === null ? "A new table" : "Unsaved changes"}
            </span>
          }
        >
          {(version) => (
            <span style={{ flex: 1, color: "var(--warn)" }} role="alert">
              Someone saved version {version()} meanwhile.{" "}
              <button type="button" class="link-button" onClick={() => props.form.rebase()}>
                Keep my edits over it
              </button>
            </span>
          )}
        </Show>
        <Show when={props.form.id() !== null}>
          <button
            type="button"
            class="button quiet"
            disabled={props.plan.isRunning()}
            title="What saving changes: columns, other tables, bytes"
            onClick={() => void props.plan.show.run()}
          >
            {props.plan.show.isRunning() ? "Planning…" : "Plan"}
          </button>
          <button type="button" class="button" onClick={() => props.form.reset()}>
            {props.form.newerVersion() === null ? "Discard" : "Take theirs"}
          </button>
        </Show>
        <button
          type="button"
          class="button primary"
          disabled={props.form.isSaving() || props.plan.isRunning() || !props.form.isDirty()}
          onClick={() => props.onSave()}
        >
          {props.plan.isRunning()
            ? "Checking…"
            : props.form.isSaving()
              ? "Saving…"
              : props.form.id() === null
                ? "Create"
                : "Save"}
          <kbd class="small">{commandKey("S")}</kbd>
        </button>
      </div>
    </Show>
  );
}
