import type { JSX } from "solid-js";

/** One name with its value in a `<dl class="facts">`. */
export function Fact(props: { name: string; children: JSX.Element }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
