import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import type { TransferFilter, TransferView } from "../../shared/transfer.ts";
import { formatBytes, formatCount } from "../format.ts";
import { createAction } from "../state/create-action.ts";
import { createApiQuery } from "../state/create-api-query.ts";
import { api } from "../trpc.ts";
import { Empty } from "./Feedback.tsx";
import { QueryView } from "./QueryView.tsx";
import { StatusPill } from "./Status.tsx";
import { Duration, RelativeTime } from "./Time.tsx";
import { TransferDialog } from "./TransferDialog.tsx";
import { isOpenTransfer, TransferProgress } from "./TransferProgress.tsx";

const pageSize = 200;

/** Transfers, live, the newest first. */
export function TransferList(props: { filter: Omit<TransferFilter, "limit">; none: string }) {
  const [limit, setLimit] = createSignal(pageSize);
  const [shownId, setShownId] = createSignal<number | null>(null);
  const transfers = createApiQuery(
    () => ["transfers", "list", { ...props.filter, limit: limit() }],
    (signal) => api.transfers.list.query({ ...props.filter, limit: limit() }, { signal }),
    {
      keepPrevious: true,
      pollMs: (list) => (list?.some(isOpenTransfer) === true ? 2000 : false),
    },
  );
  return (
    <QueryView query={transfers} what="the transfers" lines={8}>
      {(data) => (
        <Show
          when={data().length > 0}
          fallback={
            <Empty title="No transfers">
              <p>{props.none}</p>
            </Empty>
          }
        >
          <TransferTable transfers={data()} onShow={setShownId} />
          <Show when={data().length >= limit() && limit() < 1000}>
            <div class="row">
              <button type="button" class="button" onClick={() => setLimit(1000)}>
                Show more
              </button>
            </div>
          </Show>
          <Show when={shownId()}>
            {(id) => <TransferDialog id={id()} onClose={() => setShownId(null)} />}
          </Show>
        </Show>
      )}
    </QueryView>
  );
}

function TransferTable(props: { transfers: TransferView[]; onShow: (id: number) => void }) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">State</th>
            <th scope="col">Progress</th>
            <th scope="col" class="right">
              Rate
            </th>
            <th scope="col">Started</th>
            <th scope="col" class="right">
              Took
            </th>
            <th scope="col">
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={props.transfers}>
            {(transfer) => <Row transfer={transfer} onShow={() => props.onShow(transfer.id)} />}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { transfer: TransferView; onShow: () => void }) {
  return (
    <tr>
      <td>
        <A href={`/tables/${props.transfer.tableId}`}>{props.transfer.tableName}</A>
        <div class="small muted">
          {describeTransfer(props.transfer)},{" "}
          <A href={runLink(props.transfer)}>run {props.transfer.runId}</A>
          {props.transfer.attempt > 1 ? `, attempt ${props.transfer.attempt}` : ""}
        </div>
        <Show when={props.transfer.error}>
          <div class="why bad">{props.transfer.error}</div>
        </Show>
      </td>
      <td class="shrink">
        <StatusPill
          state={props.transfer.isCancelling ? "cancelling" : props.transfer.state}
          why={props.transfer.error}
        />
      </td>
      <td style={{ "min-width": "12rem" }}>
        <TransferProgress transfer={props.transfer} />
      </td>
      <td class="right shrink">
        <Rate transfer={props.transfer} />
      </td>
      <td class="shrink">
        <RelativeTime at={props.transfer.startedAt ?? props.transfer.createdAt} />
      </td>
      <td class="right shrink">
        <Duration from={props.transfer.startedAt} to={props.transfer.endedAt} />
      </td>
      <td class="shrink">
        <div class="row" style={{ "flex-wrap": "nowrap" }}>
          <button type="button" class="button small" onClick={() => props.onShow()}>
            Details
          </button>
          <CancelTransfer transfer={props.transfer} />
        </div>
      </td>
    </tr>
  );
}

function Rate(props: { transfer: TransferView }) {
  return (
    <Show when={props.transfer.rowsPerSecond !== null} fallback="–">
      <div>{formatCount(props.transfer.rowsPerSecond ?? 0)} rows/s</div>
      <div class="small muted">{formatBytes(props.transfer.bytesPerSecond ?? 0)}/s</div>
    </Show>
  );
}

export function CancelTransfer(props: { transfer: TransferView }) {
  const cancel = createAction("Cancel the transfer", () =>
    api.transfers.cancel.mutate({ id: props.transfer.id }),
  );
  return (
    <Show when={isOpenTransfer(props.transfer)}>
      <button
        type="button"
        class="button small quiet danger"
        disabled={cancel.isRunning() || props.transfer.isCancelling}
        onClick={() => void cancel.run()}
      >
        Cancel
      </button>
    </Show>
  );
}

/** `import from shop`, `export to shop`, `sheet`. */
export function describeTransfer({ kind, databaseName }: TransferView): string {
  if (databaseName === null) return kind;
  return kind === "export" ? `export to ${databaseName}` : `${kind} from ${databaseName}`;
}

export function runLink(transfer: TransferView): string {
  return `/runs/${transfer.runId}?tableRun=${transfer.tableRunId}`;
}
