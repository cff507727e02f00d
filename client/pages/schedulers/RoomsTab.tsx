import { For, Show } from "solid-js";
import type { RoomView } from "../../../shared/room.ts";
import { Empty } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { formatBytes } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { OccupancyChart } from "./OccupancyChart.tsx";
import { RoomPill } from "./RoomPill.tsx";

/** Pings are no events: what they say is asked for. */
const pollMs = 5_000;
const hours = 6;

/** The rooms of a scheduler and their states, live, with how many there were. */
export function RoomsTab(props: { name: string }) {
  const rooms = createApiQuery(
    () => ["schedulers", "rooms", props.name],
    (signal) => api.schedulers.rooms.query({ name: props.name }, { signal }),
    { pollMs: () => pollMs },
  );
  const occupancy = createApiQuery(
    () => ["schedulers", "occupancy", props.name],
    (signal) => api.schedulers.occupancy.query({ name: props.name, hours }, { signal }),
    { replace: true, pollMs: () => 2 * pollMs },
  );
  return (
    <>
      <Show when={(occupancy.data()?.length ?? 0) > 1}>
        <OccupancyChart points={occupancy.data() ?? []} />
      </Show>
      <QueryView query={rooms} what="the rooms" lines={8}>
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={
              <Empty title="No rooms">
                <p>There are none just now.</p>
              </Empty>
            }
          >
            <RoomTable rooms={data()} />
          </Show>
        )}
      </QueryView>
    </>
  );
}

function RoomTable(props: { rooms: RoomView[] }) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Room</th>
            <th scope="col">State</th>
            <th scope="col">Version</th>
            <th scope="col">Pinged</th>
            <th scope="col">Made</th>
            <th scope="col" class="right">
              CPU
            </th>
            <th scope="col" class="right">
              Memory
            </th>
            <th scope="col">Address</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.rooms}>{(room) => <Row room={room} />}</For>
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { room: RoomView }) {
  return (
    <tr>
      <td>
        <span class="mono">{props.room.id}</span>
        <Show when={props.room.reason}>
          {(reason) => (
            <div class="why" classList={{ bad: hasFailed(props.room) }}>
              {reason()}
            </div>
          )}
        </Show>
      </td>
      <td class="shrink">
        <RoomPill state={props.room.state} isDraining={props.room.isDraining} />
      </td>
      <td class="shrink num">{props.room.version}</td>
      <td class="shrink">
        <RelativeTime at={props.room.pingedAt} none="not yet" />
      </td>
      <td class="shrink">
        <RelativeTime at={props.room.createdAt} />
      </td>
      <td class="right shrink num">
        {props.room.cpuMillis === null ? "–" : `${(props.room.cpuMillis / 1_000).toFixed(2)}`}
      </td>
      <td class="right shrink num">
        {props.room.memoryBytes === null ? "–" : formatBytes(props.room.memoryBytes)}
      </td>
      <td class="small muted mono">{addressText(props.room)}</td>
    </tr>
  );
}

function hasFailed({ state }: RoomView): boolean {
  return state === "error" || state === "unresponsive";
}

function addressText({ address }: RoomView): string {
  if (address === null) return "–";
  const ports = address.ports.map(({ name, port }) => `${name} ${port}`).join(", ");
  return ports === "" ? address.host : `${address.host}: ${ports}`;
}
