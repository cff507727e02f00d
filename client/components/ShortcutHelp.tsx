import { For } from "solid-js";
import { commandKey } from "../keys.ts";
import type { NavLink } from "../nav.ts";
import { Dialog } from "./Dialog.tsx";

/** All keyboard shortcuts. */
export function ShortcutHelp(props: { links: NavLink[]; onClose: () => void }) {
  const groups = () => [
    {
      title: "Everywhere",
      keys: [
        [commandKey("K"), "find a table or a page"],
        ["?", "this help"],
        ["Esc", "close what is open"],
      ],
    },
    {
      title: "Go to",
      keys: props.links.flatMap(({ key, label }) =>
        key === undefined ? [] : [[`G ${key.toUpperCase()}`, label]],
      ),
    },
    {
      title: "SQL editor",
      keys: [
        [commandKey("↵"), "run what is selected, or all, and show its rows"],
        [commandKey("S"), "save"],
        ["⇧Alt F", "format"],
        ["Ctrl Space", "complete"],
        [commandKey("F"), "search"],
        ["Esc, Tab", "leave the editor"],
      ],
    },
    {
      title: "Rows",
      keys: [
        ["← ↑ ↓ →", "move, with Shift choose a block"],
        [commandKey("A"), "choose all"],
        [commandKey("C"), "copy what is chosen"],
        ["↵", "show the whole value"],
      ],
    },
    {
      title: "Graph",
      keys: [
        ["← ↑ ↓ →", "move"],
        ["+ −", "zoom"],
        ["0", "show all"],
      ],
    },
  ];
  return (
    <Dialog title="Keyboard shortcuts" open onClose={props.onClose} wide>
      <div class="shortcuts">
        <For each={groups()}>
          {(group) => (
            <section>
              <h3>{group.title}</h3>
              <dl>
                <For each={group.keys}>
                  {([keys, what]) => (
                    <div>
                      <dt>
                        <kbd>{keys}</kbd>
                      </dt>
                      <dd>{what}</dd>
                    </div>
                  )}
                </For>
              </dl>
            </section>
          )}
        </For>
      </div>
    </Dialog>
  );
}
