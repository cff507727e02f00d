import { type JSX, onCleanup, onMount, Show } from "solid-js";
import type { SavedTable } from "../../../shared/table.ts";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { createPlan } from "../../state/create-plan.ts";
import type { TableForm } from "../../state/create-table-form.ts";
import { BasicFields } from "./BasicFields.tsx";
import { PlanDialog } from "./PlanDialog.tsx";
import { SaveBar } from "./SaveBar.tsx";
import { SettingsForm } from "./SettingsForm.tsx";
import { SqlCard } from "./SqlCard.tsx";

interface Props {
  form: TableForm;
  canWrite: boolean;
  onSaved: (saved: SavedTable) => void;
  aside?: JSX.Element;
}

/**
 * The SQL with its dry run, and all settings of one definition; saves with ⌘S or Ctrl-S. A new
 * table asks for its name first.
 */
export function TableEditor(props: Props) {
  const isNew = () => props.form.id() === null;
  let root: HTMLDivElement | undefined;

  const plan = createPlan(props.form);

  /** A save that breaks something asks first, and so does one of which that is not known. */
  async function askAndSave(): Promise<void> {
    if (!plan.isRunning() && !(await plan.asksFirst())) await save();
  }
  async function save(): Promise<void> {
    const saved = await props.form.save();
    if (saved !== null) props.onSaved(saved);
    else showFault(root);
  }
  function onKey(event: KeyboardEvent): void {
    if (event.key !== "s" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    if (props.canWrite && props.form.isDirty()) void askAndSave();
  }
  onMount(() => document.addEventListener("keydown", onKey));
  onCleanup(() => document.removeEventListener("keydown", onKey));

  return (
    <div class="stack" style={{ gap: "var(--space-5)" }} ref={root}>
      <Show when={isNew()}>
        <section class="card pad" aria-label="Table">
          <BasicFields form={props.form} />
        </section>
      </Show>
      <Show when={props.form.draft.kind !== "external"}>
        <SqlCard form={props.form} canWrite={props.canWrite} />
      </Show>
      {props.aside}
      <section class="card pad" aria-label="Settings">
        <SettingsForm form={props.form} disabled={!props.canWrite} withBasics={!isNew()} />
      </section>
      <Show when={plan.shown()}>
        {(shown) => (
          <PlanDialog
            shown={shown()}
            again={plan.isStale() ? plan.show : null}
            onClose={plan.close}
            onSave={() => void save()}
          />
        )}
      </Show>
      <Show when={visibleError(props.form)}>{(error) => <ErrorNotice error={error()} />}</Show>
      <Show when={props.canWrite} fallback={<ReadOnly />}>
        <SaveBar form={props.form} plan={plan} onSave={() => void askAndSave()} />
      </Show>
    </div>
  );
}

/** The field at fault may be far from where one was writing. */
function showFault(root: HTMLElement | undefined): void {
  const field = root?.querySelector<HTMLElement>('[aria-invalid="true"]');
  field?.focus({ preventScroll: true });
  field?.scrollIntoView({ block: "center" });
}

function ReadOnly() {
  return (
    <div class="notice">
      <div>Only admins and members of this table's group can change it.</div>
    </div>
  );
}

/** A conflict is the save bar's to show. */
function visibleError(form: TableForm) {
  const error = form.error();
  return error === null || (error.code === "conflict" && form.newerVersion() !== null)
    ? null
    : error;
}
