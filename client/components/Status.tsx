import { Show } from "solid-js";
import type { TableKind } from "../../shared/table.ts";
import { Icon } from "./Icon.tsx";

const words: Record<string, string> = { never: "never ran" };

/** A state as a coloured word. `why` shows on hover and to screen readers. */
export function StatusPill(props: { state: string; why?: string | null }) {
  return (
    <span class={`pill ${props.state}`} title={props.why ?? undefined}>
      {words[props.state] ?? props.state}
      <Show when={props.why}>
        <span class="visually-hidden">: {props.why}</span>
      </Show>
    </span>
  );
}

export function Kind(props: { kind: TableKind; iconOnly?: boolean }) {
  return (
    <span class="kind" title={props.kind}>
      <Icon name={props.kind} size={15} />
      <span classList={{ "visually-hidden": props.iconOnly === true }}>{props.kind}</span>
    </span>
  );
}
