import { A, useNavigate } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { roomStates } from "../../../shared/room.ts";
import type { SchedulerView } from "../../../shared/scheduler-view.ts";
import { Empty } from "../../components/Feedback.tsx";
import { ForAdmins } from "../../components/ForAdmins.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { OperationLine } from "./OperationLine.tsx";
import { RoomPill } from "./RoomPill.tsx";
import { boundsText, SchedulerPill } from "./SchedulerFacts.tsx";
import { SpecificationDialog } from "./SpecificationDialog.tsx";

const pollMs = 5_000;

export function SchedulersPage() {
  return (
    <ForAdmins>
      <Schedulers />
    </ForAdmins>
  );
}

function Schedulers() {
  const navigate = useNavigate();
  const [isMaking, setMaking] = createSignal(false);
  const schedulers = createApiQuery(
    () => ["schedulers", "list"],
    (signal) => api.schedulers.list.query(undefined, { signal }),
    { pollMs: () => pollMs },
  );
  return (
    <Page
      title="Schedulers"
      lead="Fleets of rooms, each scaled between its bounds."
      actions={
        <button type="button" class="button primary" onClick={() => setMaking(true)}>
          <Icon name="plus" />
          New scheduler
        </button>
      }
    >
      <QueryView query={schedulers} what="the schedulers">
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={
              <Empty title="No schedulers yet">
                <p>
                  A scheduler keeps as many rooms of your program running as there is work for:
                  write its specification here, or make one with{" "}
                  <code>maestro schedulers create -f scorer.yaml</code>.
                </p>
              </Empty>
            }
          >
            <SchedulerTable schedulers={data()} />
          </Show>
        )}
      </QueryView>
      <Show when={isMaking()}>
        <SpecificationDialog
          scheduler={null}
          onClose={() => setMaking(false)}
          onSaved={(name) => navigate(`/schedulers/${name}`)}
        />
      </Show>
    </Page>
  );
}

function SchedulerTable(props: { schedulers: SchedulerView[] }) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Scheduler</th>
            <th scope="col">State</th>
            <th scope="col">Rooms</th>
            <th scope="col">Bounds</th>
            <th scope="col">Version</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.schedulers}>{(scheduler) => <Row scheduler={scheduler} />}</For>
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { scheduler: SchedulerView }) {
  return (
    <tr>
      <td>
        <A href={`/schedulers/${props.scheduler.name}`}>{props.scheduler.name}</A>
        <Show when={props.scheduler.specification.game}>
          {(game) => <div class="small muted">{game()}</div>}
        </Show>
      </td>
      <td class="shrink">
        <SchedulerPill state={props.scheduler.state} />
      </td>
      <td>
        <RoomCounts rooms={props.scheduler.rooms} />
      </td>
      <td class="shrink num">{boundsText(props.scheduler)}</td>
      <td class="shrink num">{props.scheduler.version}</td>
      <td style={{ "min-width": "12rem" }}>
        <Show when={props.scheduler.operation} fallback={<span class="muted">–</span>}>
          {(operation) => <OperationLine operation={operation()} />}
        </Show>
      </td>
    </tr>
  );
}

function RoomCounts(props: { rooms: SchedulerView["rooms"] }) {
  const there = () => roomStates.filter((state) => (props.rooms[state] ?? 0) > 0);
  return (
    <div class="row">
      <For each={there()} fallback={<span class="muted">none</span>}>
        {(state) => <RoomPill state={state} count={props.rooms[state] ?? 0} />}
      </For>
    </div>
  );
}
