import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { TransferView } from "../../../shared/transfer.ts";
import { Empty, ProgressBar } from "../../components/Feedback.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { Duration, RelativeTime } from "../../components/Time.tsx";
import { formatBytes, formatCount } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

export function TransfersPage() {
  const transfers = createApiQuery(
    () => ["transfers", "list"],
    (signal) => api.transfers.list.query({ limit: 200 }, { signal }),
    { pollMs: (list) => (list?.some(isOpen) === true ? 2000 : false) },
  );
  return (
    <Page title="Transfers" lead="What rooms bring in from databases, newest first.">
      <QueryView query={transfers} what="the transfers" lines={8}>
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={
              <Empty title="No transfers yet">
                <p>Each run of an import table makes one.</p>
              </Empty>
            }
          >
            <TransferTable transfers={data()} />
          </Show>
        )}
      </QueryView>
    </Page>
  );
}

function TransferTable(props: { transfers: TransferView[] }) {
  const cancel = createAction("Cancel the transfer", (id: number) =>
    api.transfers.cancel.mutate({ id }),
  );
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
            {(transfer) => (
              <tr>
                <td>
                  <A href={`/tables/${transfer.tableId}`}>{transfer.tableName}</A>
                  <span class="muted small">
                    {" "}
                    {transfer.kind}
                    {transfer.attempt > 1 ? `, attempt ${transfer.attempt}` : ""}
                  </span>
                  <Show when={transfer.error}>
                    <div class="why bad">{transfer.error}</div>
                  </Show>
                </td>
                <td class="shrink">
                  <StatusPill state={transfer.state} why={transfer.error} />
                </td>
                <td style={{ "min-width": "12rem" }}>
                  <Show when={transfer.state === "running"}>
                    <ProgressBar
                      label={`Transfer of ${transfer.tableName}`}
                      done={transfer.rows}
                      total={transfer.totalRows}
                    />
                  </Show>
                  <span class="small muted num">
                    {formatCount(transfer.rows)}
                    {transfer.totalRows === null || !isOpen(transfer)
                      ? ""
                      : ` of about ${formatCount(transfer.totalRows)}`}{" "}
                    rows, {formatBytes(transfer.bytes)}
                  </span>
                  <Show when={isOpen(transfer) && transfer.expectedEndAt}>
                    {(end) => (
                      <span class="small muted">
                        , done <RelativeTime at={end()} />
                      </span>
                    )}
                  </Show>
                </td>
                <td class="right shrink">
                  {transfer.rowsPerSecond === null
                    ? "–"
                    : `${formatCount(Math.round(transfer.rowsPerSecond))}/s`}
                </td>
                <td class="shrink">
                  <RelativeTime at={transfer.startedAt ?? transfer.createdAt} />
                </td>
                <td class="right shrink">
                  <Duration from={transfer.startedAt} to={transfer.endedAt} />
                </td>
                <td class="shrink">
                  <Show when={isOpen(transfer)}>
                    <button
                      type="button"
                      class="button small quiet danger"
                      disabled={cancel.isRunning()}
                      onClick={() => void cancel.run(transfer.id)}
                    >
                      Cancel
                    </button>
                  </Show>
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function isOpen(transfer: TransferView): boolean {
  return transfer.state === "queued" || transfer.state === "running";
}
