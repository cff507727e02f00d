import { For, Show } from "solid-js";
import type { OperationView } from "../../../shared/operation.ts";
import { Empty } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { Duration, RelativeTime } from "../../components/Time.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { OperationLine } from "./OperationLine.tsx";

/** What was done with a scheduler's rooms, by whom, how far it came and why it ended so. */
export function OperationsTab(props: { name: string }) {
  const operations = createApiQuery(
    () => ["schedulers", "operations", props.name],
    (signal) => api.schedulers.operations.query({ name: props.name, limit: 100 }, { signal }),
    { pollMs: (list) => (list?.some(({ endedAt }) => endedAt === null) ? 2_000 : false) },
  );
  return (
    <QueryView query={operations} what="the operations" lines={8}>
      {(data) => (
        <Show
          when={data().length > 0}
          fallback={
            <Empty title="No operations">
              <p>Each change of how many rooms there are, and of what they are, makes one.</p>
            </Empty>
          }
        >
          <div class="card table-wrap">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">Operation</th>
                  <th scope="col">State</th>
                  <th scope="col">By</th>
                  <th scope="col">Asked</th>
                  <th scope="col" class="right">
                    Took
                  </th>
                </tr>
              </thead>
              <tbody>
                <For each={data()}>{(operation) => <Row operation={operation} />}</For>
              </tbody>
            </table>
          </div>
        </Show>
      )}
    </QueryView>
  );
}

function Row(props: { operation: OperationView }) {
  return (
    <tr>
      <td>
        <OperationLine operation={props.operation} />
        <Show when={props.operation.reason}>
          {(reason) => (
            <div class="why" classList={{ bad: props.operation.state === "failed" }}>
              {reason()}
            </div>
          )}
        </Show>
      </td>
      <td class="shrink">
        <StatusPill state={props.operation.state} why={props.operation.reason} />
      </td>
      <td class="shrink muted">{props.operation.actor}</td>
      <td class="shrink">
        <RelativeTime at={props.operation.createdAt} />
      </td>
      <td class="right shrink">
        <Duration from={props.operation.startedAt} to={props.operation.endedAt} />
      </td>
    </tr>
  );
}
