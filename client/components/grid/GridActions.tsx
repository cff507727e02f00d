import type { FieldSchema } from "../../../shared/table.ts";
import { formatPlural } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { showToast } from "../../state/create-toasts.ts";
import { saveFile } from "../../state/save-file.ts";
import { Icon } from "../Icon.tsx";
import { csvOf, toTabbed } from "./grid-text.ts";

/** The rows that are shown, to the clipboard and as a file. */
export function GridActions(props: { name: string; schema: FieldSchema[]; rows: unknown[][] }) {
  const copy = createAction("Copy", async () => {
    const head = props.schema.map((field) => field.name);
    await navigator.clipboard.writeText(toTabbed([head, ...props.rows]));
    showToast(`${formatPlural(props.rows.length, "row")} copied`);
  });
  return (
    <>
      <button
        type="button"
        class="button small"
        title="The rows shown, as a spreadsheet takes them"
        onClick={() => void copy.run()}
      >
        Copy
      </button>
      <button
        type="button"
        class="button small"
        title="The rows shown, as a file"
        onClick={() =>
          saveFile(
            `${props.name}.csv`,
            "text/csv",
            csvOf(
              props.schema.map((field) => field.name),
              props.rows,
            ),
          )
        }
      >
        <Icon name="download" size={14} />
        CSV
      </button>
    </>
  );
}
