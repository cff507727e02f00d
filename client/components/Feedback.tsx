import { For, type JSX, Show } from "solid-js";
import type { ApiError } from "../api-error.ts";

/** Asked again, the server would answer these as it did. */
const final = ["notFound", "forbidden"];

/** An error as the server told it: the message, what to do, and a way to try again where that helps. */
export function ErrorNotice(props: { error: ApiError; retry?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <div>
        <strong>{props.error.message}</strong>
        <Show when={props.error.hint}>
          <p>{props.error.hint}</p>
        </Show>
      </div>
      <Show when={final.includes(props.error.code) ? undefined : props.retry}>
        {(retry) => (
          <button type="button" class="button small" onClick={() => retry()()}>
            Try again
          </button>
        )}
      </Show>
    </div>
  );
}

export function Loading(props: { lines?: number; what: string }) {
  return (
    <div class="skeleton" role="status" aria-busy="true">
      <p class="visually-hidden">Loading {props.what}</p>
      <For each={Array.from({ length: props.lines ?? 5 }, (_, index) => 92 - ((index * 37) % 45))}>
        {(width) => <span style={{ width: `${width}%` }} />}
      </For>
    </div>
  );
}

export function Empty(props: { title: string; children?: JSX.Element }) {
  return (
    <div class="empty">
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

/** A bar from 0 to `total`; without a total it only says that something moves. */
export function ProgressBar(props: { label: string; done: number; total: number | null }) {
  const percent = () => Math.min(100, (props.done / Math.max(1, props.total ?? 1)) * 100);
  return (
    <div
      class="progress"
      classList={{ unknown: props.total === null }}
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={props.total === null ? undefined : Math.round(percent())}
    >
      <div style={props.total === null ? {} : { width: `${percent()}%` }} />
    </div>
  );
}
