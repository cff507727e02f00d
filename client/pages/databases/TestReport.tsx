import { For, Show } from "solid-js";
import type { DatabaseTest } from "../../../shared/database.ts";
import { Icon } from "../../components/Icon.tsx";

const icons = { ok: "check", warning: "warning", failed: "close" } as const;
const words = { ok: "well", warning: "take care", failed: "failed" } as const;

/** What a connection test looked at, up to what failed. */
export function TestReport(props: { result: DatabaseTest }) {
  const title = () => (props.result.ok ? props.result.version : "It does not work yet");
  return (
    <div
      class="notice"
      classList={{ ok: props.result.ok, bad: !props.result.ok }}
      role={props.result.ok ? "status" : "alert"}
    >
      <div class="grow">
        <strong>{title()}</strong>
        <ul class="checks">
          <For each={props.result.checks}>
            {(check) => (
              <li class={check.state}>
                <Icon name={icons[check.state]} size={14} />
                <span>
                  <Show when={check.state !== "ok"}>
                    <span class="visually-hidden">{words[check.state]}: </span>
                  </Show>
                  {check.text}
                </span>
              </li>
            )}
          </For>
        </ul>
      </div>
    </div>
  );
}
