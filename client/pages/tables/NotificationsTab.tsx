import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import type { NotificationAttempt, NotificationView } from "../../../shared/notification.ts";
import type { TableDetail } from "../../../shared/table.ts";
import { Empty } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { formatPlural } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";

/** Who was told that the table is complete, with each attempt, and what they are signed with. */
export function NotificationsTab(props: { table: TableDetail }) {
  const list = createApiQuery(
    () => ["notifications", "list", props.table.id],
    (signal) => api.notifications.list.query({ tableId: props.table.id }, { signal }),
  );
  return (
    <div class="stack">
      <Show when={props.table.canWrite}>
        <Secret tableId={props.table.id} />
      </Show>
      <QueryView query={list} what="the notifications" lines={6}>
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={
              <Empty title="Nobody was told yet">
                <p>
                  {props.table.definition.notifyUrls.length > 0
                    ? "Its addresses are told after the next run."
                    : "Enter addresses under “Notify” in the definition, save, and run."}
                </p>
              </Empty>
            }
          >
            <For each={data()}>
              {(one) => <OneNotification notification={one} canWrite={props.table.canWrite} />}
            </For>
          </Show>
        )}
      </QueryView>
    </div>
  );
}

const pills = { queued: "waiting", delivered: "succeeded", failed: "failed" } as const;

function OneNotification(props: { notification: NotificationView; canWrite: boolean }) {
  const again = createAction("Send again", async () => {
    const { id } = props.notification;
    const { laterDelivered } = await api.notifications.sendAgain.mutate({ id });
    if (laterDelivered === 0) return;
    showToast(`It comes out of order: its receiver has ${laterDelivered} later already`);
  });
  const attempts = () => [...props.notification.attempts].reverse();
  return (
    <section class="card">
      <div class="card-head">
        <h2 class="mono truncate">{props.notification.url}</h2>
        <StatusPill state={pills[props.notification.state]} why={attempts()[0]?.error ?? null} />
        <span class="muted small">
          <A href={`/runs/${props.notification.runId}`}>run {props.notification.runId}</A>,{" "}
          {formatPlural(props.notification.attemptCount, "attempt")}
          <Show when={props.notification.nextAttemptAt}>
            {(at) => (
              <>
                , the next <RelativeTime at={at()} />
              </>
            )}
          </Show>
        </span>
        <Show when={props.canWrite}>
          <button
            type="button"
            class="button small"
            disabled={again.isRunning()}
            onClick={() => void again.run()}
          >
            Send again
          </button>
        </Show>
      </div>
      <ul class="list">
        <For each={attempts()}>{(attempt) => <Attempt attempt={attempt} />}</For>
      </ul>
    </section>
  );
}

function Attempt(props: { attempt: NotificationAttempt }) {
  return (
    <li>
      <span class="num">{props.attempt.status ?? "no answer"}</span>
      <span class="num muted">{props.attempt.durationMs} ms</span>
      <span class="grow">
        {props.attempt.error}{" "}
        <Show when={props.attempt.answer}>
          {(answer) => <code class="muted small">{answer()}</code>}
        </Show>
      </span>
      <span class="muted small">
        <RelativeTime at={props.attempt.at} />
      </span>
    </li>
  );
}

function Secret(props: { tableId: number }) {
  const [secret, setSecret] = createSignal<string | null>(null);
  const show = createAction("Show the secret", async (renew: boolean) => {
    const answer = await api.notifications.secret.mutate({ id: props.tableId, renew });
    setSecret(answer.secret);
  });
  return (
    <section class="card">
      <div class="card-head">
        <h2>Signing secret</h2>
        <span class="muted small">Receivers check the signature with it.</span>
        <button
          type="button"
          class="button small"
          disabled={show.isRunning()}
          onClick={() => void show.run(secret() !== null)}
        >
          {secret() === null ? "Show" : "Replace it by a new one"}
        </button>
      </div>
      <Show when={secret()}>{(text) => <code class="mono">{text()}</code>}</Show>
    </section>
  );
}
