import { A } from "@solidjs/router";
import { createEffect, For, type JSX, Show } from "solid-js";

interface Props {
  title: string;
  /** Beside the title: a state, a kind. */
  badge?: JSX.Element;
  crumbs?: { label: string; href: string }[];
  lead?: JSX.Element;
  actions?: JSX.Element;
  /** The page takes the window's height, and scrolls inside. */
  fill?: boolean;
  children: JSX.Element;
}

/** Every page's frame: where one is, what it is called, what can be done. */
export function Page(props: Props) {
  createEffect(() => {
    document.title = `${props.title} · Maestro`;
  });
  return (
    <div class="page" classList={{ fill: props.fill === true }}>
      <header class="page-head">
        <div class="titles">
          <Show when={props.crumbs}>
            {(crumbs) => (
              <nav class="crumbs" aria-label="Breadcrumb">
                <For each={crumbs()}>
                  {(crumb) => (
                    <>
                      <A href={crumb.href}>{crumb.label}</A>
                      <span aria-hidden="true">/</span>
                    </>
                  )}
                </For>
              </nav>
            )}
          </Show>
          <h1>
            <span>{props.title}</span>
            {props.badge}
          </h1>
          <Show when={props.lead}>
            <div class="muted">{props.lead}</div>
          </Show>
        </div>
        <div class="row">{props.actions}</div>
      </header>
      {props.children}
    </div>
  );
}
