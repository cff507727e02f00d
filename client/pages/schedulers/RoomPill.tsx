import type { RoomState } from "../../../shared/room.ts";

/** The colours of states that rooms share with what they do. */
const colours: Record<RoomState, string> = {
  creating: "pending",
  ready: "enabled",
  occupied: "running",
  terminating: "cancelled",
  terminated: "skipped",
  unresponsive: "failed",
  error: "failed",
};

/** A room's state, or how many rooms are in it. */
export function RoomPill(props: { state: RoomState; count?: number; isDraining?: boolean }) {
  const text = () => (props.count === undefined ? props.state : `${props.count} ${props.state}`);
  return (
    <span class={`pill ${colours[props.state]}`}>
      {text()}
      {props.isDraining === true ? ", draining" : ""}
    </span>
  );
}
