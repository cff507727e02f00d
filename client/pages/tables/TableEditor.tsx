import { createMemo, type JSX, lazy, onCleanup, onMount, Show, Suspense } from "solid-js";
import type { SavedTable } from "../../../shared/table.ts";
import { ErrorNotice, Loading } from "../../components/Feedback.tsx";
import type { CatalogName } from "../../components/sql/complete-table.ts";
import type { SqlFault } from "../../components/sql/SqlEditor.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { createDryRun, type DryRunState } from "../../state/create-dry-run.ts";
import type { TableForm } from "../../state/create-table-form.ts";
import { api } from "../../trpc.ts";
import { BasicFields } from "./BasicFields.tsx";
import { DryRunLine } from "./DryRunLine.tsx";
import { SaveBar } from "./SaveBar.tsx";
import { SettingsForm } from "./SettingsForm.tsx";

const SqlEditor = lazy(async () => ({
  default: (await import("../../components/sql/SqlEditor.tsx")).SqlEditor,
}));

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
  const tables = createApiQuery(
    // A key of its own: names change when tables do, not at every step of a run.
    () => ["tableNames"],
    (signal) => api.tables.list.query({ limit: 100_000 }, { signal }),
    { replace: true },
  );
  const names = createMemo<CatalogName[]>(() =>
    (tables.data() ?? []).map(({ name, kind }) => ({ name, kind })),
  );
  const dryRun = createDryRun(() => props.form.draft, props.form.id);
  const fault = createMemo(() =>
    faultOf(dryRun(), props.form.error()?.position ?? null, props.form.error()?.message),
  );

  const isNew = () => props.form.id() === null;
  let root: HTMLDivElement | undefined;

  async function save(): Promise<void> {
    const saved = await props.form.save();
    if (saved !== null) props.onSaved(saved);
    else showFault(root);
  }
  function onKey(event: KeyboardEvent): void {
    if (event.key !== "s" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    if (props.canWrite && props.form.isDirty()) void save();
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
        <section
          class="card sql-card"
          classList={{ short: isNew() || props.form.draft.kind === "import" }}
          aria-label="SQL"
        >
          <Suspense fallback={<Loading what="the editor" lines={8} />}>
            <SqlEditor
              label={props.form.draft.kind === "import" ? "Import SQL" : "BigQuery SQL"}
              value={props.form.draft.query}
              onInput={(query) => props.form.set({ query })}
              fault={fault()}
              names={names()}
              readOnly={!props.canWrite}
            />
          </Suspense>
          <DryRunLine state={dryRun()} kind={props.form.draft.kind} />
        </section>
      </Show>
      {props.aside}
      <section class="card pad" aria-label="Settings">
        <SettingsForm form={props.form} disabled={!props.canWrite} withBasics={!isNew()} />
      </section>
      <Show when={visibleError(props.form)}>{(error) => <ErrorNotice error={error()} />}</Show>
      <Show when={props.canWrite} fallback={<ReadOnly />}>
        <SaveBar form={props.form} onSave={() => void save()} />
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

function faultOf(
  dryRun: DryRunState,
  position: { line: number; column: number } | null,
  message: string | undefined,
): SqlFault | null {
  if (dryRun.kind === "done" && !dryRun.result.ok) {
    const { message: text, line, column } = dryRun.result;
    return line === null ? null : { message: text, line, column: column ?? 1 };
  }
  if (dryRun.kind === "failed" && dryRun.error.position !== null) {
    return { message: dryRun.error.message, ...dryRun.error.position };
  }
  return position === null ? null : { message: message ?? "", ...position };
}
