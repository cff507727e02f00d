import { useParams } from "@solidjs/router";
import { Match, Show, Switch } from "solid-js";
import { ForAdmins } from "../../components/ForAdmins.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { OperationLine } from "./OperationLine.tsx";
import { OperationsTab } from "./OperationsTab.tsx";
import { RoomsTab } from "./RoomsTab.tsx";
import { SchedulerActions } from "./SchedulerActions.tsx";
import { SchedulerFacts, SchedulerPill } from "./SchedulerFacts.tsx";
import { SpecificationTab } from "./SpecificationTab.tsx";

const tabs = [
  { id: "rooms", label: "Rooms" },
  { id: "operations", label: "Operations" },
  { id: "specification", label: "Specification" },
];

/** A scheduler: what it is, its rooms now and of late, and what was done with them. */
export function SchedulerPage() {
  const params = useParams<{ name: string }>();
  return (
    <ForAdmins>
      <Show when={params.name} keyed>
        {(name) => <Scheduler name={name} />}
      </Show>
    </ForAdmins>
  );
}

function Scheduler(props: { name: string }) {
  const params = useParams<{ tab?: string }>();
  const scheduler = createApiQuery(
    () => ["schedulers", "get", props.name],
    (signal) => api.schedulers.get.query({ name: props.name }, { signal }),
    { pollMs: () => 5_000 },
  );
  const tab = () => params.tab ?? "rooms";
  return (
    <Page
      title={props.name}
      badge={<Show when={scheduler.data()}>{(one) => <SchedulerPill state={one().state} />}</Show>}
      crumbs={[{ label: "Schedulers", href: "/schedulers" }]}
      actions={
        <Show when={scheduler.data()}>
          {(one) => <SchedulerActions scheduler={one()} onChanged={scheduler.refetch} />}
        </Show>
      }
      lead={<Show when={scheduler.data()}>{(one) => <SchedulerFacts scheduler={one()} />}</Show>}
    >
      <QueryView query={scheduler} what="the scheduler">
        {(one) => (
          <>
            <Show when={one().operation}>
              {(operation) => (
                <div class="card pad">
                  <OperationLine operation={operation()} />
                </div>
              )}
            </Show>
            <Tabs
              label="Scheduler"
              tabs={tabs.map(({ id, label }) => ({
                label,
                href: `/schedulers/${props.name}${id === "rooms" ? "" : `/${id}`}`,
                isActive: tab() === id,
              }))}
            />
            <Switch>
              <Match when={tab() === "rooms"}>
                <RoomsTab name={props.name} />
              </Match>
              <Match when={tab() === "operations"}>
                <OperationsTab name={props.name} />
              </Match>
              <Match when={tab() === "specification"}>
                <SpecificationTab scheduler={one()} onChanged={scheduler.refetch} />
              </Match>
            </Switch>
          </>
        )}
      </QueryView>
    </Page>
  );
}
