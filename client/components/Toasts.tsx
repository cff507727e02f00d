import { For, Show } from "solid-js";
import { dismissToast, toasts } from "../state/create-toasts.ts";
import { Icon } from "./Icon.tsx";

export function Toasts() {
  return (
    <section class="toasts" aria-label="Notifications" aria-live="polite">
      <For each={toasts()}>
        {(toast) => (
          <div class={`toast ${toast.tone}`} role={toast.tone === "bad" ? "alert" : "status"}>
            <div>
              <strong>{toast.title}</strong>
              <Show when={toast.detail}>
                <p class="muted">{toast.detail}</p>
              </Show>
            </div>
            <button
              type="button"
              class="button quiet icon small"
              aria-label="Dismiss"
              onClick={() => dismissToast(toast.id)}
            >
              <Icon name="close" size={14} />
            </button>
          </div>
        )}
      </For>
    </section>
  );
}
