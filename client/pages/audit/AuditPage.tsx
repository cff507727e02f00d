import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import type { AuditEntry } from "../../../shared/audit.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const most = 1000;
const pages: Record<string, string> = { table: "/tables", run: "/runs", database: "/databases" };

export function AuditPage() {
  const [limit, setLimit] = createSignal(100);
  const entries = createApiQuery(
    () => ["audit", limit()],
    (signal) => api.audit.list.query({ limit: limit() }, { signal }),
    { keepPrevious: true, pollMs: () => 30_000 },
  );
  return (
    <Page title="Audit" lead="Who changed what, newest first.">
      <QueryView query={entries} what="the audit log" lines={10}>
        {(data) => (
          <Show when={data().length > 0} fallback={<Empty title="Nothing changed yet" />}>
            <EntryTable entries={data()} />
            <Show when={data().length === limit() && limit() < most}>
              <div class="row">
                <button type="button" class="button" onClick={() => setLimit(most)}>
                  Show more
                </button>
              </div>
            </Show>
          </Show>
        )}
      </QueryView>
    </Page>
  );
}

function EntryTable(props: { entries: AuditEntry[] }) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Did</th>
            <th scope="col">To</th>
            <th scope="col">Detail</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.entries}>
            {(entry) => (
              <tr>
                <td class="shrink">
                  <RelativeTime at={entry.at} />
                </td>
                <td class="shrink">{entry.actor}</td>
                <td class="shrink">{entry.action}</td>
                <td class="shrink">
                  <Subject entry={entry} />
                </td>
                <td class="why mono">{detailOf(entry)}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function Subject(props: { entry: AuditEntry }) {
  const text = () => `${props.entry.subjectKind} ${props.entry.subjectId ?? ""}`;
  const page = () => pages[props.entry.subjectKind];
  return (
    <Show when={props.entry.subjectId !== null && page()} fallback={text()}>
      {(path) => <A href={`${path()}/${props.entry.subjectId}`}>{text()}</A>}
    </Show>
  );
}

function detailOf(entry: AuditEntry): string {
  return Object.entries(entry.detail)
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
