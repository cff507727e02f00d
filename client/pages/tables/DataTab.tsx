import type { TableDetail, TablePreview } from "../../../shared/table.ts";
import { Empty } from "../../components/Feedback.tsx";
import { GridActions } from "../../components/grid/GridActions.tsx";
import { ResultGrid } from "../../components/grid/ResultGrid.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { formatBytes, formatCount, formatPlural } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const maxRows = 500;

export function DataTab(props: { table: TableDetail }) {
  const preview = createApiQuery(
    () => ["table", "preview", props.table.id],
    (signal) => api.tables.preview.query({ id: props.table.id, maxRows }, { signal }),
    { replace: true },
  );
  return (
    <QueryView
      query={preview}
      what="the data"
      lines={10}
      empty={
        <Empty title="Not in the warehouse yet">
          <p>Run the table, and its first rows show here.</p>
        </Empty>
      }
    >
      {(data) => <DataGrid preview={data()} name={props.table.name} />}
    </QueryView>
  );
}

function DataGrid(props: { preview: TablePreview; name: string }) {
  return (
    <section class="card">
      <div class="card-head">
        <h2>
          {formatPlural(props.preview.totalRows, "row")}, {formatBytes(props.preview.bytes)}
        </h2>
        <span class="muted small">
          {props.preview.totalRows > props.preview.rows.length
            ? `the first ${formatCount(props.preview.rows.length)} shown`
            : `${formatPlural(props.preview.schema.length, "column")}`}
        </span>
        <span style={{ flex: 1 }} />
        <GridActions name={props.name} schema={props.preview.schema} rows={props.preview.rows} />
      </div>
      <ResultGrid label="Rows" schema={props.preview.schema} rows={props.preview.rows} />
    </section>
  );
}
