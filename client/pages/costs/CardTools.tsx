import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { Icon } from "../../components/Icon.tsx";
import { historyHref } from "./cost-links.ts";

/** Of a card's figures: the SQL that gives them, to be changed and run, and a file. */
export function CardTools(props: { what: string; sql: string; onCsv?: () => void }) {
  return (
    <span class="card-tools">
      <A
        class="button small"
        href={historyHref(props.sql)}
        aria-label={`${props.what} as SQL`}
        title="The SQL that gives these figures, to be changed and run"
      >
        SQL
      </A>
      <Show when={props.onCsv}>
        {(onCsv) => (
          <button
            type="button"
            class="button small"
            aria-label={`${props.what} as CSV`}
            onClick={() => onCsv()()}
          >
            <Icon name="download" size={14} />
            CSV
          </button>
        )}
      </Show>
    </span>
  );
}
