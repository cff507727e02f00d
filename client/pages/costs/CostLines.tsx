import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import type { CostDimension, CostLine, CostsOf } from "../../../shared/cost.ts";
import { Change } from "../../components/Change.tsx";
import { Empty } from "../../components/Feedback.tsx";
import { csvOf } from "../../components/grid/grid-text.ts";
import { formatBytes, formatCount, formatPrice } from "../../format.ts";
import { saveFile } from "../../state/save-file.ts";
import { CardTools } from "./CardTools.tsx";
import { costsHref, dimensionWords, linesSql } from "./cost-links.ts";

const mostShown = 50;

/** The dearest of one kind, each with its share and what it cost before; its name leads to its own costs. */
export function CostLines(props: {
  dimension: CostDimension;
  lines: CostLine[];
  days: number;
  only: CostsOf | undefined;
}) {
  const word = () => dimensionWords[props.dimension];
  const most = () => Math.max(1, ...props.lines.map((line) => line.bytesBilled));
  const all = () => props.lines.reduce((sum, line) => sum + line.bytesBilled, 0);
  return (
    <section class="card" aria-label={`Costs by ${word()}`}>
      <div class="card-head">
        <h2>By {word()}</h2>
        <Show when={props.lines.length > 0}>
          <CardTools
            what={`By ${word()}`}
            sql={linesSql(props.dimension, props.days, props.only)}
            onCsv={() => saveLines(word(), props.lines)}
          />
        </Show>
      </div>
      <Show when={props.lines.length > 0} fallback={<Empty title="Nothing billed" />}>
        <div class="table-wrap">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{`${word().slice(0, 1).toUpperCase()}${word().slice(1)}`}</th>
                <th scope="col" class="right">
                  Jobs
                </th>
                <th scope="col" class="right">
                  Billed
                </th>
                <th scope="col" class="right">
                  Cost
                </th>
                <th scope="col" class="right">
                  Share
                </th>
                <th scope="col" class="right" title={`Against the ${props.days} days before`}>
                  Trend
                </th>
              </tr>
            </thead>
            <tbody>
              <For each={props.lines.slice(0, mostShown)}>
                {(line) => (
                  <tr>
                    <td>
                      <div class="share">
                        <A
                          class="truncate"
                          href={costsHref(props.days, {
                            dimension: props.dimension,
                            name: line.name,
                          })}
                        >
                          {line.name}
                        </A>
                        <i style={{ width: `${(line.bytesBilled / most()) * 100}%` }} />
                      </div>
                    </td>
                    <td class="right shrink">{formatCount(line.jobs)}</td>
                    <td class="right shrink">{formatBytes(line.bytesBilled)}</td>
                    <td class="right shrink">{formatPrice(line.price)}</td>
                    <td class="right shrink">
                      {Math.round((line.bytesBilled / Math.max(1, all())) * 100)} %
                    </td>
                    <td class="right shrink" title={`${formatPrice(line.priceBefore)} before`}>
                      <Show
                        when={line.priceBefore > 0}
                        fallback={<span class="muted">{line.price > 0 ? "new" : "–"}</span>}
                      >
                        <Change now={line.price} before={line.priceBefore} />
                      </Show>
                    </td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
        <Show when={props.lines.length > mostShown}>
          <p class="muted small card-foot">
            {formatCount(props.lines.length - mostShown)} more in the CSV.
          </p>
        </Show>
      </Show>
    </section>
  );
}

/** All of them, more than are shown. */
function saveLines(word: string, lines: CostLine[]): void {
  const head = [word, "jobs", "bytesBilled", "price", "priceBefore"];
  const rows = lines.map(({ name, jobs, bytesBilled, price, priceBefore }) => [
    name,
    jobs,
    bytesBilled,
    price,
    priceBefore,
  ]);
  saveFile(`costs-by-${word}.csv`, "text/csv", csvOf(head, rows));
}
