import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { formatCount } from "../format.ts";

interface TabLink {
  label: string;
  href: string;
  isActive: boolean;
  count?: number | undefined;
}

/** Views of one page, each with an address of its own. */
export function Tabs(props: { label: string; tabs: TabLink[] }) {
  return (
    <nav class="tabs" aria-label={props.label}>
      <For each={props.tabs}>
        {(tab) => (
          <A
            href={tab.href}
            class="tab"
            classList={{ active: tab.isActive }}
            activeClass=""
            inactiveClass=""
            aria-current={tab.isActive ? "page" : undefined}
            noScroll
          >
            {tab.label}
            <Show when={tab.count !== undefined}>
              <span class="count num">{formatCount(tab.count ?? 0)}</span>
            </Show>
          </A>
        )}
      </For>
    </nav>
  );
}
