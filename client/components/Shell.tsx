import { A, useLocation } from "@solidjs/router";
import { createEffect, createSignal, For, type JSX, on, Show } from "solid-js";
import type { Me } from "../../shared/user.ts";
import { formatClock } from "../format.ts";
import { nav } from "../nav.ts";
import { chooseTheme, currentTheme, type Theme } from "../state/create-theme.ts";
import { Icon, type IconName } from "./Icon.tsx";
import { Shortcuts } from "./Shortcuts.tsx";

const themes: { value: Theme; icon: IconName; label: string; next: Theme }[] = [
  { value: "", icon: "auto", label: "Theme: as the system", next: "light" },
  { value: "light", icon: "sun", label: "Theme: light", next: "dark" },
  { value: "dark", icon: "moon", label: "Theme: dark", next: "" },
];

interface Props {
  me: Me;
  /** When the live connection was lost; null while there is one. */
  lostAt: number | null;
  signOut: () => void;
  children: JSX.Element;
}

export function Shell(props: Props) {
  const location = useLocation();
  const [isOpen, setOpen] = createSignal(false);
  createEffect(
    on(
      () => location.pathname,
      () => setOpen(false),
    ),
  );
  return (
    <div class="shell">
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <aside class="sidebar" classList={{ open: isOpen() }}>
        <div class="brand-row">
          <A href="/" class="brand" activeClass="" inactiveClass="">
            <img src="/icon.svg" alt="" width="24" height="24" />
            Maestro
          </A>
          <button
            type="button"
            class="button quiet icon menu-button"
            aria-label="Menu"
            aria-expanded={isOpen()}
            onClick={() => setOpen(!isOpen())}
          >
            <Icon name="menu" size={18} />
          </button>
        </div>
        <Shortcuts isAdmin={props.me.isAdmin} />
        <nav aria-label="Main">
          <For each={nav}>
            {(group) => (
              <div class="nav-group">
                <h2>{group.title}</h2>
                <ul>
                  <For each={group.links.filter((link) => !link.forAdmins || props.me.isAdmin)}>
                    {(link) => (
                      <li>
                        <A href={link.href} class="nav-link" end={link.href === "/"}>
                          <Icon name={link.icon} />
                          {link.label}
                        </A>
                      </li>
                    )}
                  </For>
                </ul>
              </div>
            )}
          </For>
        </nav>
        <Who me={props.me} signOut={props.signOut} />
      </aside>
      <div class="main">
        <div role="status">
          <Show when={props.lostAt}>
            {(at) => (
              <div class="offline">
                <Icon name="warning" size={14} />
                <span>
                  Reconnecting… what you see is of{" "}
                  <time datetime={new Date(at()).toISOString()}>{formatClock(at())}</time>, and
                  comes up to date by itself.
                </span>
              </div>
            )}
          </Show>
        </div>
        <main id="main">{props.children}</main>
      </div>
    </div>
  );
}

function Who(props: { me: Me; signOut: () => void }) {
  const theme = () => themes.find((one) => one.value === currentTheme());
  return (
    <div class="sidebar-foot">
      <div class="who">
        <span class="avatar" aria-hidden="true">
          {(props.me.name || props.me.email).slice(0, 1).toUpperCase()}
        </span>
        <div class="truncate small" title={props.me.email}>
          {props.me.name || props.me.email}
        </div>
        <button
          type="button"
          class="button quiet icon small"
          aria-label={theme()?.label}
          title={theme()?.label}
          onClick={() => chooseTheme(theme()?.next ?? "")}
        >
          <Icon name={theme()?.icon ?? "auto"} />
        </button>
        <button
          type="button"
          class="button quiet icon small"
          aria-label="Sign out"
          title="Sign out"
          onClick={() => props.signOut()}
        >
          <Icon name="exit" />
        </button>
      </div>
    </div>
  );
}
