import { useQueryClient } from "@tanstack/solid-query";
import { createMemo, lazy, Show, Suspense } from "solid-js";
import { Loading } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import type { CatalogName } from "../../components/sql/complete-table.ts";
import type { SqlFault } from "../../components/sql/SqlEditor.tsx";
import { commandKey } from "../../keys.ts";
import { createAction } from "../../state/create-action.ts";
import { createDryRun, type DryRunState } from "../../state/create-dry-run.ts";
import { createPreview } from "../../state/create-preview.ts";
import type { TableForm } from "../../state/create-table-form.ts";
import { createTableNames } from "../../state/create-table-names.ts";
import { api } from "../../trpc.ts";
import { DryRunLine } from "./DryRunLine.tsx";
import { QueryResult } from "./QueryResult.tsx";

const SqlEditor = lazy(async () => ({
  default: (await import("../../components/sql/SqlEditor.tsx")).SqlEditor,
}));

const columnsLifeMs = 5 * 60_000;

/** The editor with its dry run, and what the SQL answers when it is run there. */
export function SqlCard(props: { form: TableForm; canWrite: boolean }) {
  const client = useQueryClient();
  const tables = createTableNames();
  const names = createMemo<CatalogName[]>(() =>
    (tables.data() ?? []).map(({ name, kind }) => ({ name, kind })),
  );
  const dryRun = createDryRun(() => props.form.draft, props.form.id);
  const preview = createPreview(() => props.form.draft, props.form.id);
  const fault = createMemo(() =>
    faultOf(dryRun(), props.form.error()?.position ?? null, props.form.error()?.message),
  );
  const isSummary = () => props.form.draft.kind === "summary";
  const columnsOf = (names: string[]) =>
    client.fetchQuery({
      queryKey: ["columns", ...names],
      queryFn: ({ signal }) => api.tables.columns.query({ names }, { signal }),
      staleTime: columnsLifeMs,
    });
  const format = createAction("Format", async () => {
    const { formatSql } = await import("../../components/sql/format-sql.ts");
    props.form.set({ query: formatSql(props.form.draft.query) });
  });
  const isEmpty = () => props.form.draft.query.trim() === "";

  return (
    <>
      <section
        class="card sql-card"
        classList={{ short: props.form.id() === null || props.form.draft.kind === "import" }}
        aria-label="SQL"
      >
        <Show when={isSummary() && props.canWrite}>
          <div class="sql-head">
            <button
              type="button"
              class="button small"
              disabled={isEmpty() || preview.state().kind === "running"}
              title="Runs what is in the editor, or what is selected there; writes nothing. BigQuery bills it."
              onClick={() => void preview.run(props.form.draft.query)}
            >
              <Icon name="run" size={14} />
              Preview
              <kbd>{commandKey("↵")}</kbd>
            </button>
            <button
              type="button"
              class="button quiet small"
              disabled={isEmpty() || format.isRunning()}
              onClick={() => void format.run()}
            >
              Format
              <kbd>⇧Alt F</kbd>
            </button>
          </div>
        </Show>
        <Suspense fallback={<Loading what="the editor" lines={8} />}>
          <SqlEditor
            label={props.form.draft.kind === "import" ? "Import SQL" : "BigQuery SQL"}
            value={props.form.draft.query}
            onInput={(query) => props.form.set({ query })}
            fault={fault()}
            names={names()}
            columnsOf={columnsOf}
            onRun={isSummary() && props.canWrite ? (sql) => void preview.run(sql) : undefined}
            onFormat={isSummary() && props.canWrite ? () => void format.run() : undefined}
            readOnly={!props.canWrite}
          />
        </Suspense>
        <DryRunLine state={dryRun()} kind={props.form.draft.kind} />
      </section>
      <QueryResult
        preview={preview}
        name={`${props.form.draft.dataset}.${props.form.draft.name}`}
        sql={props.form.draft.query}
      />
    </>
  );
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
