import { A } from "@solidjs/router";
import { For } from "solid-js";
import type { CostLine } from "../../../shared/cost.ts";
import { formatPrice } from "../../format.ts";
import { costsHref } from "./cost-links.ts";

/** What got dearer goes to the right, what got cheaper to the left, all by one measure. */
export function TopMovers(props: { lines: CostLine[]; days: number }) {
  const byOf = (line: CostLine) => line.price - line.priceBefore;
  const most = () => Math.max(...props.lines.map((line) => Math.abs(byOf(line))));
  return (
    <ul class="movers">
      <For each={props.lines}>
        {(line) => (
          <li>
            <A
              class="truncate"
              href={costsHref(props.days, { dimension: "table", name: line.name })}
            >
              {line.name}
            </A>
            <span class="mover" aria-hidden="true">
              <i
                classList={{ more: byOf(line) > 0, less: byOf(line) < 0 }}
                style={{ width: `${(Math.abs(byOf(line)) / most()) * 50}%` }}
              />
            </span>
            <span class="num change" classList={{ more: byOf(line) > 0, less: byOf(line) < 0 }}>
              {byOf(line) > 0 ? "+" : "−"}
              {formatPrice(Math.abs(byOf(line)))}
            </span>
            <span class="num small muted">
              {formatPrice(line.priceBefore)} → {formatPrice(line.price)}
            </span>
          </li>
        )}
      </For>
    </ul>
  );
}
