import { For, Show } from "solid-js";
import { Icon } from "./Icon.tsx";

interface Check {
  state: "ok" | "warning" | "failed";
  text: string;
  /** What was said against it. */
  fault?: string | null;
  /** What to do about it. */
  remedy?: string | null;
}

const icons = { ok: "check", warning: "warning", failed: "close" } as const;
const words = { ok: "well", warning: "take care", failed: "failed" } as const;

/** What a check looked at, in its order. */
export function CheckList(props: { checks: Check[] }) {
  return (
    <ul class="checks">
      <For each={props.checks}>
        {(check) => (
          <li class={check.state}>
            <Icon name={icons[check.state]} size={14} />
            <span>
              <Show when={check.state !== "ok"}>
                <span class="visually-hidden">{words[check.state]}: </span>
              </Show>
              {check.text}
              <Show when={check.fault}>: {check.fault}</Show>
              <Show when={check.remedy}>
                <span class="remedy">{check.remedy}</span>
              </Show>
            </span>
          </li>
        )}
      </For>
    </ul>
  );
}
