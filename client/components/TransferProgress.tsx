import { Show } from "solid-js";
import { describeParts, type TransferView } from "../../shared/transfer.ts";
import { formatBytes, formatCount } from "../format.ts";
import { ProgressBar } from "./Feedback.tsx";
import { RelativeTime } from "./Time.tsx";

export function isOpenTransfer(transfer: Pick<TransferView, "state">): boolean {
  return transfer.state === "queued" || transfer.state === "running";
}

/** How far a transfer is: a bar while it runs, rows and bytes, and when it is expected to end. */
export function TransferProgress(props: { transfer: TransferView }) {
  const total = () => (isOpenTransfer(props.transfer) ? props.transfer.totalRows : null);
  return (
    <Show when={props.transfer.state !== "queued"} fallback={<Waiting transfer={props.transfer} />}>
      <Show when={props.transfer.state === "running"}>
        <ProgressBar
          label={`Transfer of ${props.transfer.tableName}`}
          done={props.transfer.rows}
          total={props.transfer.totalRows}
        />
      </Show>
      <span class="small muted num">
        {formatCount(props.transfer.rows)}
        {total() === null ? "" : ` of about ${formatCount(total() ?? 0)}`} rows,{" "}
        {formatBytes(props.transfer.bytes)}
        <Show when={describeParts(props.transfer)}>{(parts) => `, ${parts()}`}</Show>
      </span>
      <Show when={props.transfer.expectedEndAt}>
        {(end) => (
          <span class="small muted">
            , done <RelativeTime at={end()} />
          </span>
        )}
      </Show>
    </Show>
  );
}

function Waiting(props: { transfer: TransferView }) {
  return (
    <span class="small muted">
      {props.transfer.attempt > 0 ? "waits to be tried again" : "waits for a room"}
    </span>
  );
}
