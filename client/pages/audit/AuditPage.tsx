import { A, useSearchParams } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { AuditEntry, AuditFilter } from "../../../shared/audit.ts";
import { Empty } from "../../components/Feedback.tsx";
import { ForAdmins } from "../../components/ForAdmins.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { Pager } from "../../components/Pager.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { AuditFilters } from "./AuditFilters.tsx";
import { type AuditParams, filterOf, isFiltered, noFilter, queryOf } from "./audit-params.ts";

const pageSize = 100;
const pages: Record<string, string> = { table: "/tables", run: "/runs", database: "/databases" };

/** Who changed what. The filters and the page are in the address, to be passed on and gone back from. */
export function AuditPage() {
  const [params, setParams] = useSearchParams<AuditParams>();
  return (
    <Page title="Audit" lead="Who changed what, newest first.">
      <ForAdmins>
        <AuditFilters
          params={params}
          onChange={(values) => setParams({ ...values, before: null })}
        />
        <div class="row">
          <a
            class="button"
            href={`/audit.csv${queryOf(filterOf(params))}`}
            download="maestro-audit.csv"
            rel="external"
          >
            <Icon name="download" />
            Download as CSV
          </a>
          <Show when={isFiltered(filterOf(params))}>
            <button type="button" class="button quiet" onClick={() => setParams(noFilter)}>
              Show all
            </button>
          </Show>
        </div>
        <Entries
          filter={filterOf(params)}
          beforeId={Number(params.before) || undefined}
          onOlder={(id) => setParams({ before: String(id) })}
          onNewest={() => setParams({ before: null })}
        />
      </ForAdmins>
    </Page>
  );
}

function Entries(props: {
  filter: AuditFilter;
  beforeId: number | undefined;
  onOlder: (beforeId: number) => void;
  onNewest: () => void;
}) {
  const entries = createApiQuery(
    () => ["audit", props.filter, props.beforeId],
    (signal) =>
      api.audit.list.query(
        { ...props.filter, limit: pageSize, beforeId: props.beforeId },
        { signal },
      ),
    { keepPrevious: true, pollMs: () => 30_000 },
  );
  return (
    <QueryView query={entries} what="the audit log" lines={10}>
      {(data) => (
        <>
          <Show when={data().length > 0} fallback={<Nothing filter={props.filter} />}>
            <EntryTable entries={data()} />
          </Show>
          <Pager
            beforeId={props.beforeId}
            olderId={data().length === pageSize ? data().at(-1)?.id : undefined}
            onOlder={props.onOlder}
            onNewest={props.onNewest}
          />
        </>
      )}
    </QueryView>
  );
}

function Nothing(props: { filter: AuditFilter }) {
  return (
    <Show when={isFiltered(props.filter)} fallback={<Empty title="Nothing changed yet" />}>
      <Empty title="No change is like this">
        <p>Take a filter away, or choose a longer time.</p>
      </Empty>
    </Show>
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
  const text = () =>
    `${props.entry.subjectKind} ${nameOf(props.entry) ?? props.entry.subjectId ?? ""}`;
  const page = () => pages[props.entry.subjectKind];
  return (
    <Show when={props.entry.subjectId !== null && page()} fallback={text()}>
      {(path) => <A href={`${path()}/${props.entry.subjectId}`}>{text()}</A>}
    </Show>
  );
}

/** As it was called then; null of what has no name. */
function nameOf({ detail }: AuditEntry): string | null {
  const name = detail["name"] ?? detail["email"];
  return typeof name === "string" ? name : null;
}

function detailOf(entry: AuditEntry): string {
  const told = Object.entries(entry.detail).filter(([, value]) => value !== nameOf(entry));
  return told.map(([key, value]) => `${key}: ${valueText(value)}`).join(", ");
}

const mostListed = 10;

function valueText(value: unknown): string {
  if (Array.isArray(value)) {
    const more = value.length > mostListed ? ` and ${value.length - mostListed} more` : "";
    return `${value.slice(0, mostListed).map(valueText).join(" ") || "none"}${more}`;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
