import { useNavigate } from "@solidjs/router";
import { createMemo, createSignal, createUniqueId, For, Show } from "solid-js";
import type { NavLink } from "../nav.ts";
import { createTableNames } from "../state/create-table-names.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon, type IconName } from "./Icon.tsx";

interface Entry {
  label: string;
  /** The label in small letters, made once: each key looks at all of them. */
  sought: string;
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
  const tables = createTableNames();
  const go = (href: string) => () => {
    props.onClose();
    navigate(href);
  };
  const entry = (label: string, kind: string, icon: IconName, act: () => void): Entry => {
    return { label, sought: label.toLowerCase(), kind, icon, act };
  };
  const entries = createMemo<Entry[]>(() => [
    ...props.links.map(({ label, href, icon }) => entry(label, "page", icon, go(href))),
    entry("New table", "action", "plus", go("/tables/new")),
    entry("Keyboard shortcuts", "help", "list", props.onHelp),
    ...(tables.data() ?? []).map(({ id: table, name, kind }) =>
      entry(name, kind, kind, go(`/tables/${table}`)),
    ),
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
    const { sought } = entry;
    if (!words.every((word) => sought.includes(word))) continue;
    const isFirst = sought.startsWith(wanted) || sought.slice(sought.indexOf(".") + 1) === wanted;
    hits[isFirst ? 0 : sought.includes(`.${wanted}`) ? 1 : 2]?.push(entry);
  }
  return hits.flat().slice(0, mostShown);
}
