import { Show } from "solid-js";

/** Goes through a list that is paged by the ids of its rows, newest first. */
export function Pager(props: {
  /** The page has what is before this; absent on the first. */
  beforeId: number | undefined;
  /** The next page has what is before this; absent on the last. */
  olderId: number | undefined;
  onOlder: (beforeId: number) => void;
  onNewest: () => void;
}) {
  return (
    <Show when={props.beforeId !== undefined || props.olderId !== undefined}>
      <div class="row">
        <Show when={props.beforeId !== undefined}>
          <button type="button" class="button" onClick={() => props.onNewest()}>
            Newest
          </button>
        </Show>
        <Show when={props.olderId}>
          {(olderId) => (
            <button type="button" class="button" onClick={() => props.onOlder(olderId())}>
              Older
            </button>
          )}
        </Show>
      </div>
    </Show>
  );
}
