import { A } from "@solidjs/router";
import { Show } from "solid-js";
import type { TransferView } from "../../shared/transfer.ts";
import { formatBytes, formatCount } from "../format.ts";
import { createApiQuery } from "../state/create-api-query.ts";
import { api } from "../trpc.ts";
import { Dialog } from "./Dialog.tsx";
import { Fact } from "./Fact.tsx";
import { QueryView } from "./QueryView.tsx";
import { StatusPill } from "./Status.tsx";
import { Duration, RelativeTime } from "./Time.tsx";
import { isOpenTransfer, TransferProgress } from "./TransferProgress.tsx";

/** One transfer whole, live: what was sent to the database, how far it is, and which room does it. */
export function TransferDialog(props: { id: number; onClose: () => void }) {
  const transfer = createApiQuery(
    () => ["transfers", "get", props.id],
    (signal) => api.transfers.get.query({ id: props.id }, { signal }),
    { pollMs: (one) => (one && isOpenTransfer(one) ? 2000 : false) },
  );
  return (
    <Dialog
      title={`Transfer ${props.id}: ${transfer.data()?.tableName ?? ""}`}
      wide
      open
      onClose={props.onClose}
    >
      <QueryView query={transfer} what="the transfer">
        {(data) => <Facts transfer={data()} />}
      </QueryView>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={() => props.onClose()}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Facts(props: { transfer: TransferView }) {
  return (
    <div class="stack">
      <dl class="facts">
        <Fact name="State">
          <StatusPill state={props.transfer.isCancelling ? "cancelling" : props.transfer.state} />
        </Fact>
        <Fact name="Kind">{props.transfer.kind}</Fact>
        <Show when={props.transfer.databaseId}>
          {(id) => (
            <Fact name="Database">
              <A href={`/databases/${id()}/transfers`}>{props.transfer.databaseName}</A>
            </Fact>
          )}
        </Show>
        <Show when={props.transfer.target}>
          {(target) => (
            <Fact name="Into">
              <Show when={/^https?:/.test(target())} fallback={target()}>
                <a href={target()} target="_blank" rel="noreferrer">
                  the spreadsheet
                </a>
              </Show>
            </Fact>
          )}
        </Show>
        <Fact name="Attempt">{props.transfer.attempt}</Fact>
        <Show when={props.transfer.room}>
          {(room) => (
            <Fact name="Room">
              <span class="mono small">{room()}</span>
            </Fact>
          )}
        </Show>
        <Fact name="Queued">
          <RelativeTime at={props.transfer.createdAt} />
        </Fact>
        <Fact name="Took">
          <Duration from={props.transfer.startedAt} to={props.transfer.endedAt} />
        </Fact>
        <Show when={props.transfer.rowsPerSecond}>
          {(rows) => (
            <Fact name="Rate">
              {formatCount(rows())} rows/s, {formatBytes(props.transfer.bytesPerSecond ?? 0)}/s
            </Fact>
          )}
        </Show>
      </dl>
      <div>
        <TransferProgress transfer={props.transfer} />
      </div>
      <Show when={props.transfer.error}>{(error) => <div class="notice bad">{error()}</div>}</Show>
      <Show when={props.transfer.statement}>
        {(statement) => (
          <section class="stack tight">
            <h3>Statement</h3>
            <pre class="statement">{statement()}</pre>
          </section>
        )}
      </Show>
    </div>
  );
}
