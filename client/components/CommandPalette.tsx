import { useNavigate } from "@solidjs/router";
import { createMemo, createSignal, createUniqueId, For, Show } from "solid-js";
import type { NavLink } from "../nav.ts";
import { createApiQuery } from "../state/create-api-query.ts";
import { api } from "../trpc.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon, type IconName } from "./Icon.tsx";

interface Entry {
  label: string;
  kind: string;
  icon: IconName;
  act: () => void;
}

const mostShown = 40;

/** Finds a page or one of all tables by any part of its name; the arrows choose, Enter goes. */
export function CommandPalette(props: {
  links: NavLink[];
  onHelp: () => void;
  onClose: () => void;
}) {
  const id = createUniqueId();
  const navigate = useNavigate();
  const [text, setText] = createSignal("");
  const [chosen, setChosen] = createSignal(0);
  const tables = createApiQuery(
    () => ["tableNames"],
    (signal) => api.tables.list.query({ limit: 100_000 }, { signal }),
    { replace: true },
  );
  const go = (href: string) => () => {
    props.onClose();
    navigate(href);
  };
  const entries = createMemo<Entry[]>(() => [
    ...props.links.map(({ label, href, icon }) => ({ label, kind: "page", icon, act: go(href) })),
    { label: "New table", kind: "action", icon: "plus" as const, act: go("/tables/new") },
    { label: "Keyboard shortcuts", kind: "help", icon: "list" as const, act: props.onHelp },
    ...(tables.data() ?? []).map((table) => ({
      label: table.name,
      kind: table.kind,
      icon: table.kind,
      act: go(`/tables/${table.id}`),
    })),
  ]);
  const found = createMemo(() => search(entries(), text()));

  function onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      setChosen((at) => Math.max(0, Math.min(found().length - 1, at + step)));
      document.getElementById(`${id}-${chosen()}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") found()[chosen()]?.act();
    else return;
    event.preventDefault();
  }
  return (
    <Dialog title="Find" open onClose={props.onClose}>
      <input
        class="input"
        role="combobox"
        aria-label="Find a table or a page"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={`${id}-${chosen()}`}
        placeholder="A table or a page"
        autocomplete="off"
        spellcheck={false}
        value={text()}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKey}
      />
      <div class="found" id={`${id}-list`} role="listbox" aria-label="Found" tabIndex={-1}>
        <For each={found()}>
          {(entry, at) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
            // biome-ignore lint/a11y/useFocusableInteractive: as above
            <div
              id={`${id}-${at()}`}
              class="found-entry"
              role="option"
              aria-selected={at() === chosen()}
              onClick={() => entry.act()}
            >
              <Icon name={entry.icon} />
              <span class="truncate">{entry.label}</span>
              <span class="small muted">{entry.kind}</span>
            </div>
          )}
        </For>
      </div>
      <Show when={found().length === 0}>
        <p class="muted">{tables.isLoading() ? "Looking…" : "Nothing of that name"}</p>
      </Show>
    </Dialog>
  );
}

/** What has every word in its label; those that begin with the text, or whose table does, first. */
function search(entries: Entry[], text: string): Entry[] {
  const wanted = text.trim().toLowerCase();
  const words = wanted.split(/\s+/);
  const hits: Entry[][] = [[], [], []];
  for (const entry of entries) {
    const label = entry.label.toLowerCase();
    if (!words.every((word) => label.includes(word))) continue;
    const isFirst = label.startsWith(wanted) || label.slice(label.indexOf(".") + 1) === wanted;
    hits[isFirst ? 0 : label.includes(`.${wanted}`) ? 1 : 2]?.push(entry);
  }
  return hits.flat().slice(0, mostShown);
}
