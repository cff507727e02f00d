import { useSearchParams } from "@solidjs/router";
import { createSignal, lazy, Show, Suspense } from "solid-js";
import { Loading } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { commandKey } from "../../keys.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { HistoryResult } from "./HistoryResult.tsx";
import { HistoryTables } from "./HistoryTables.tsx";

const SqlEditor = lazy(async () => ({
  default: (await import("../../components/sql/SqlEditor.tsx")).SqlEditor,
}));

const example = `SELECT table_name, count(*) AS jobs, sum(bytes_billed) AS bytes_billed
FROM jobs
WHERE created_at > now() - interval '7 days'
GROUP BY table_name
ORDER BY bytes_billed DESC
LIMIT 50`;

/** SQL on what ran and what it cost. What is run is in the address, to be passed on and gone back from. */
export function HistoryPage() {
  const [params, setParams] = useSearchParams<{ q?: string }>();
  const [edited, setEdited] = createSignal<string | null>(null);
  const text = () => edited() ?? params.q ?? example;
  const result = createApiQuery(
    () => ["history", params.q],
    (signal) => api.history.query.query({ sql: params.q ?? "" }, { signal }),
    { replace: true, keepPrevious: true, enabled: () => Boolean(params.q) },
  );
  const run = (sql: string) => {
    if (sql === params.q) result.refetch();
    else setParams({ q: sql });
  };
  const fault = () => {
    const error = result.error();
    return error?.position && params.q === text()
      ? { message: error.message, ...error.position }
      : null;
  };
  return (
    <Page
      title="History in SQL"
      lead="What ran and what it cost, by one SELECT of PostgreSQL's SQL. Nothing can be changed by it."
    >
      <div class="history">
        <div class="stack">
          <section class="card sql-card short" aria-label="SQL">
            <div class="sql-head">
              <button
                type="button"
                class="button primary small"
                disabled={text().trim() === ""}
                onClick={() => run(text())}
              >
                <Icon name="run" size={14} />
                Run
                <kbd>{commandKey("↵")}</kbd>
              </button>
            </div>
            <Suspense fallback={<Loading what="the editor" lines={6} />}>
              <SqlEditor
                label="SQL on the history"
                value={text()}
                onInput={setEdited}
                fault={fault()}
                names={[]}
                columnsOf={async () => []}
                onRun={run}
              />
            </Suspense>
          </section>
          <Show when={params.q}>
            <QueryView query={result} what="the rows" lines={6}>
              {(data) => (
                <HistoryResult
                  result={data()}
                  isOld={result.isStale() || result.error() !== null}
                />
              )}
            </QueryView>
          </Show>
        </div>
        <HistoryTables onChoose={(name) => setEdited(`SELECT *\nFROM ${name}\nLIMIT 100`)} />
      </div>
    </Page>
  );
}
