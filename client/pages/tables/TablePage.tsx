import { useParams } from "@solidjs/router";
import { createMemo, createSignal, lazy, Match, Show, Suspense, Switch } from "solid-js";
import type { TableDetail } from "../../../shared/table.ts";
import { Loading } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Kind, StatusPill } from "../../components/Status.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { TransferList } from "../../components/TransferList.tsx";
import { formatBytes, formatCount } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { CostsTab } from "./CostsTab.tsx";
import { DataTab } from "./DataTab.tsx";
import { ExtractsTab } from "./ExtractsTab.tsx";
import { JobsTab } from "./JobsTab.tsx";
import { LastRun } from "./LastRun.tsx";
import { MovingNow } from "./MovingNow.tsx";
import { NotificationsTab } from "./NotificationsTab.tsx";
import { TableActions } from "./TableActions.tsx";
import { UploadPanel } from "./UploadPanel.tsx";

const DefinitionTab = lazy(async () => ({
  default: (await import("./DefinitionTab.tsx")).DefinitionTab,
}));
const LineageTab = lazy(async () => ({ default: (await import("./LineageTab.tsx")).LineageTab }));
const VersionsTab = lazy(async () => ({
  default: (await import("./VersionsTab.tsx")).VersionsTab,
}));

const tabs = [
  { id: "definition", label: "Definition" },
  { id: "data", label: "Data" },
  { id: "jobs", label: "Jobs" },
  { id: "costs", label: "Costs" },
  { id: "lineage", label: "Lineage" },
  { id: "transfers", label: "Transfers" },
  { id: "extracts", label: "Extracts" },
  { id: "notifications", label: "Notifications" },
  { id: "versions", label: "Versions" },
];

export function TablePage() {
  const params = useParams<{ id: string; tab?: string }>();
  return (
    <Show when={params.id} keyed>
      {(id) => <OneTable id={Number(id)} tab={params.tab ?? "definition"} />}
    </Show>
  );
}

function OneTable(props: { id: number; tab: string }) {
  const table = createApiQuery(
    () => ["table", "get", props.id],
    (signal) => api.tables.get.query({ id: props.id }, { signal }),
  );
  const links = createMemo(() =>
    tabs.map((tab) => ({
      label: tab.label,
      href: `/tables/${props.id}${tab.id === "definition" ? "" : `/${tab.id}`}`,
      get isActive() {
        return props.tab === tab.id;
      },
    })),
  );
  return (
    <Page
      title={table.data()?.name ?? "Table"}
      crumbs={[{ label: "Tables", href: "/tables" }]}
      badge={
        <Show when={table.data()}>
          {(data) => <StatusPill state={data().status} why={data().statusReason} />}
        </Show>
      }
      lead={<Show when={table.data()}>{(data) => <Lead table={data()} />}</Show>}
      actions={<Show when={table.data()}>{(data) => <TableActions table={data()} />}</Show>}
    >
      <QueryView query={table} what="the table" lines={10}>
        {(data) => (
          <>
            <LastRun id={data().id} />
            <MovingNow tableId={data().id} />
            <Show when={data().kind === "external" && data().canWrite}>
              <UploadPanel table={data()} />
            </Show>
            <Show when={data().definition.description}>
              {(description) => <p class="description">{description()}</p>}
            </Show>
            <Tabs label="Table" tabs={links()} />
            <Body table={data()} tab={props.tab} />
          </>
        )}
      </QueryView>
    </Page>
  );
}

/** The definition stays mounted once seen, so that a draft survives a look at the data. */
function Body(props: { table: TableDetail; tab: string }) {
  const [seen, setSeen] = createSignal(false);
  const showDefinition = createMemo(() => {
    if (props.tab === "definition") setSeen(true);
    return seen();
  });
  return (
    <Suspense fallback={<Loading what="the tab" lines={8} />}>
      <Show when={showDefinition()}>
        <div hidden={props.tab !== "definition"}>
          <DefinitionTab table={props.table} />
        </div>
      </Show>
      <Switch>
        <Match when={props.tab === "data"}>
          <DataTab table={props.table} />
        </Match>
        <Match when={props.tab === "jobs"}>
          <JobsTab id={props.table.id} />
        </Match>
        <Match when={props.tab === "costs"}>
          <CostsTab id={props.table.id} />
        </Match>
        <Match when={props.tab === "lineage"}>
          <LineageTab table={props.table} />
        </Match>
        <Match when={props.tab === "transfers"}>
          <TransferList
            filter={{ tableId: props.table.id }}
            none="Each import, export and sheet of this table makes one."
          />
        </Match>
        <Match when={props.tab === "extracts"}>
          <ExtractsTab table={props.table} />
        </Match>
        <Match when={props.tab === "notifications"}>
          <NotificationsTab table={props.table} />
        </Match>
        <Match when={props.tab === "versions"}>
          <VersionsTab table={props.table} />
        </Match>
      </Switch>
    </Suspense>
  );
}

function Lead(props: { table: TableDetail }) {
  return (
    <dl class="facts">
      <div>
        <dt class="visually-hidden">Kind</dt>
        <dd>
          <Kind kind={props.table.kind} />
        </dd>
      </div>
      <div>
        <dt>Frequency</dt>
        <dd>{props.table.frequencyName ?? "by hand"}</dd>
      </div>
      <div>
        <dt>Last success</dt>
        <dd>
          <RelativeTime at={props.table.lastOkAt} none="never" />
        </dd>
      </div>
      <Show when={props.table.rowCount !== null}>
        <div>
          <dt>Rows</dt>
          <dd class="num">{formatCount(props.table.rowCount ?? 0)}</dd>
        </div>
      </Show>
      <Show when={props.table.bytes !== null}>
        <div>
          <dt>Size</dt>
          <dd class="num">{formatBytes(props.table.bytes ?? 0)}</dd>
        </div>
      </Show>
      <Show when={props.table.groupName}>
        <div>
          <dt>Group</dt>
          <dd>{props.table.groupName}</dd>
        </div>
      </Show>
      <Show when={props.table.spreadsheetUrl}>
        {(url) => (
          <div>
            <dt>Sheet</dt>
            <dd>
              <a href={url()} target="_blank" rel="noreferrer">
                Open
              </a>
            </dd>
          </div>
        )}
      </Show>
    </dl>
  );
}
