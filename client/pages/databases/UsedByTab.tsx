import { For, Show } from "solid-js";
import { Empty } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { TableName } from "../../components/TableName.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { formatCount } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** The tables that are imported from a database or exported to it. */
export function UsedByTab(props: { databaseId: number }) {
  const tables = createApiQuery(
    () => ["tables", "list", { databaseId: props.databaseId }],
    (signal) => api.tables.list.query({ databaseId: props.databaseId, limit: 10_000 }, { signal }),
  );
  return (
    <QueryView query={tables} what="its tables">
      {(data) => (
        <Show
          when={data().length > 0}
          fallback={
            <Empty title="No table uses it yet">
              <p>Choose what to import under Browse, or name it as a table's export.</p>
            </Empty>
          }
        >
          <div class="card table-wrap">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">Table</th>
                  <th scope="col">State</th>
                  <th scope="col">Frequency</th>
                  <th scope="col">Last success</th>
                  <th scope="col" class="right">
                    Rows
                  </th>
                </tr>
              </thead>
              <tbody>
                <For each={data()}>
                  {(table) => (
                    <tr>
                      <td>
                        <TableName id={table.id} name={table.name} kind={table.kind} />
                      </td>
                      <td class="shrink">
                        <StatusPill state={table.status} why={table.statusReason} />
                      </td>
                      <td>{table.frequencyName ?? "by hand"}</td>
                      <td>
                        <RelativeTime at={table.lastOkAt} none="never" />
                      </td>
                      <td class="right">
                        {table.rowCount === null ? "–" : formatCount(table.rowCount)}
                      </td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
          </div>
        </Show>
      )}
    </QueryView>
  );
}
