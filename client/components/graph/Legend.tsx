import { For, Show } from "solid-js";

const states = [
  { label: "succeeded", color: "var(--ok-fill)" },
  { label: "running", color: "var(--busy-fill)" },
  { label: "waiting", color: "var(--warn-fill)" },
  { label: "failed", color: "var(--bad-fill)" },
  { label: "skipped or never ran", color: "var(--idle-fill)" },
];

export function Legend(props: { hasPath: boolean }) {
  return (
    <div class="legend" aria-hidden="true">
      <For each={states}>
        {(state) => (
          <span>
            <i style={{ background: state.color }} />
            {state.label}
          </span>
        )}
      </For>
      <Show when={props.hasPath}>
        <span>
          <i class="path" />
          critical path
        </span>
      </Show>
    </div>
  );
}
