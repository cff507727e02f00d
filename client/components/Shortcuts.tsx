import { useNavigate } from "@solidjs/router";
import { createSignal, lazy, onCleanup, onMount, Show, Suspense } from "solid-js";
import { commandKey } from "../keys.ts";
import { nav } from "../nav.ts";
import { Icon } from "./Icon.tsx";

const CommandPalette = lazy(async () => ({
  default: (await import("./CommandPalette.tsx")).CommandPalette,
}));
const ShortcutHelp = lazy(async () => ({
  default: (await import("./ShortcutHelp.tsx")).ShortcutHelp,
}));

const sequenceMs = 1500;

/** The keys that work on every page: ⌘K or Ctrl-K finds, G and a letter goes, ? tells all of them. */
export function Shortcuts(props: { isAdmin: boolean }) {
  const navigate = useNavigate();
  const [open, setOpen] = createSignal<"palette" | "help" | null>(null);
  const links = () =>
    nav.flatMap((group) => group.links).filter((link) => !link.forAdmins || props.isAdmin);
  let goesSince = Number.NEGATIVE_INFINITY;

  function onKey(event: KeyboardEvent): void {
    const isCommand = event.metaKey || event.ctrlKey;
    if (isCommand && event.key === "k") {
      event.preventDefault();
      setOpen("palette");
    } else if (!isCommand && !event.altKey && !isTyping(event.target)) onPlainKey(event);
  }
  function onPlainKey(event: KeyboardEvent): void {
    const goes = event.timeStamp - goesSince < sequenceMs;
    goesSince = event.key === "g" && !goes ? event.timeStamp : Number.NEGATIVE_INFINITY;
    const target = goes ? links().find((link) => link.key === event.key) : undefined;
    if (target !== undefined) navigate(target.href);
    else if (event.key === "?") setOpen("help");
  }
  onMount(() => document.addEventListener("keydown", onKey));
  onCleanup(() => document.removeEventListener("keydown", onKey));

  return (
    <>
      <button type="button" class="button find" onClick={() => setOpen("palette")}>
        <Icon name="search" size={14} />
        Find
        <kbd>{commandKey("K")}</kbd>
      </button>
      <Suspense>
        <Show when={open() === "palette"}>
          <CommandPalette
            links={links()}
            onHelp={() => setOpen("help")}
            onClose={() => setOpen(null)}
          />
        </Show>
        <Show when={open() === "help"}>
          <ShortcutHelp links={links()} onClose={() => setOpen(null)} />
        </Show>
      </Suspense>
    </>
  );
}

/** Letters belong to whoever writes, and to an open dialog. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest("input, textarea, select, [role=dialog]") !== null)
  );
}
