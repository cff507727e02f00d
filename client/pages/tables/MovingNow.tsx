import { A } from "@solidjs/router";
import { For } from "solid-js";
import { CancelTransfer, describeTransfer, runLink } from "../../components/TransferList.tsx";
import { isOpenTransfer, TransferProgress } from "../../components/TransferProgress.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** The transfers of a table that are under way, live; nothing where there is none. */
export function MovingNow(props: { tableId: number }) {
  const transfers = createApiQuery(
    () => ["transfers", "list", { tableId: props.tableId, limit: 5 }],
    (signal) => api.transfers.list.query({ tableId: props.tableId, limit: 5 }, { signal }),
    { pollMs: (list) => (list?.some(isOpenTransfer) === true ? 2000 : false) },
  );
  return (
    <For each={(transfers.data() ?? []).filter(isOpenTransfer)}>
      {(transfer) => (
        <section class="card pad row" aria-label={`Transfer ${transfer.id}`}>
          <div>
            <strong>{describeTransfer(transfer)}</strong>
            <div class="small">
              <A href={runLink(transfer)}>Run {transfer.runId}</A>
            </div>
          </div>
          <div style={{ flex: "1", "min-width": "14rem" }}>
            <TransferProgress transfer={transfer} />
          </div>
          <CancelTransfer transfer={transfer} />
        </section>
      )}
    </For>
  );
}
