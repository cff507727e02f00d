import { useParams } from "@solidjs/router";
import { Match, Show, Switch } from "solid-js";
import type { DatabaseView } from "../../../shared/database.ts";
import { Fact } from "../../components/Fact.tsx";
import { ErrorNotice } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { TransferList } from "../../components/TransferList.tsx";
import { formatBytes } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { BrowseTab } from "./BrowseTab.tsx";
import { kindNames } from "./ConnectionFields.tsx";
import { UsedByTab } from "./UsedByTab.tsx";

const tabs = [
  { id: "browse", label: "Browse" },
  { id: "tables", label: "Tables" },
  { id: "transfers", label: "Transfers" },
];

/** A database: what it has to import, which tables use it, and what was moved lately. */
export function DatabasePage() {
  const params = useParams<{ id: string; tab?: string }>();
  const databases = createApiQuery(
    () => ["databases"],
    (signal) => api.databases.list.query(undefined, { signal }),
  );
  const database = () => databases.data()?.find((one) => one.id === Number(params.id));
  const tab = () => params.tab ?? "browse";
  return (
    <Page
      title={database()?.name ?? "Database"}
      crumbs={[{ label: "Databases", href: "/databases" }]}
      lead={<Show when={database()}>{(one) => <Facts database={one()} />}</Show>}
    >
      <QueryView query={databases} what="the database">
        {() => (
          <Show when={database()} fallback={<NoDatabase id={params.id} />}>
            {(one) => (
              <>
                <Tabs
                  label="Database"
                  tabs={tabs.map(({ id, label }) => ({
                    label,
                    href: `/databases/${params.id}${id === "browse" ? "" : `/${id}`}`,
                    isActive: tab() === id,
                  }))}
                />
                <Switch>
                  <Match when={tab() === "browse"}>
                    <BrowseTab database={one()} />
                  </Match>
                  <Match when={tab() === "tables"}>
                    <UsedByTab databaseId={one().id} />
                  </Match>
                  <Match when={tab() === "transfers"}>
                    <TransferList
                      filter={{ databaseId: one().id }}
                      none="Each run of a table that is imported from it or exported to it makes one."
                    />
                  </Match>
                </Switch>
              </>
            )}
          </Show>
        )}
      </QueryView>
    </Page>
  );
}

function NoDatabase(props: { id: string }) {
  const message = () => `there is no database ${props.id}`;
  return (
    <ErrorNotice
      error={{ code: "notFound", message: message(), hint: null, field: null, position: null }}
    />
  );
}

function Facts(props: { database: DatabaseView }) {
  const limit = (count: number | null, text: (count: number) => string) =>
    count === null ? "no limit" : text(count);
  return (
    <dl class="facts">
      <Fact name="Kind">{kindNames[props.database.kind]}</Fact>
      <Fact name="Address">
        {`${props.database.username}@${props.database.host}:${props.database.port}/${props.database.database}`}
      </Fact>
      <Fact name="TLS">{props.database.tlsMode}</Fact>
      <Fact name="Tables may be">
        {[
          ...(props.database.mayImport ? ["imported"] : []),
          ...(props.database.mayExport ? ["exported"] : []),
        ].join(" and ") || "neither imported nor exported"}
      </Fact>
      <Fact name="Transfers at once">{limit(props.database.concurrentTransfers, String)}</Fact>
      <Fact name="Rate">
        {limit(props.database.bytesPerSecond, (bytes) => `${formatBytes(bytes)}/s`)}
      </Fact>
    </dl>
  );
}
