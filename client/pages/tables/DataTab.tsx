import { For } from "solid-js";
import type { FieldSchema, TableDetail, TablePreview } from "../../../shared/table.ts";
import { CellValue } from "../../components/CellValue.tsx";
import { Empty } from "../../components/Feedback.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { formatBytes, formatCount, formatPlural } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const maxRows = 100;

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
      {(data) => <DataGrid preview={data()} />}
    </QueryView>
  );
}

function DataGrid(props: { preview: TablePreview }) {
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
      </div>
      <section class="grid-scroll" tabindex="0" aria-label="Rows">
        <table class="table grid">
          <thead>
            <tr>
              <th scope="col">
                <span class="visually-hidden">Row</span>
              </th>
              <For each={props.preview.schema}>
                {(field) => (
                  <th scope="col">
                    {field.name}
                    <small>{typeOf(field)}</small>
                  </th>
                )}
              </For>
            </tr>
          </thead>
          <tbody>
            <For each={props.preview.rows}>
              {(row, index) => (
                <tr>
                  <td class="index">{index() + 1}</td>
                  <For each={row}>
                    {(cell, column) => {
                      const field = props.preview.schema[column()];
                      return (
                        <td classList={{ right: isNumber(field) }}>
                          <CellValue value={cell} />
                        </td>
                      );
                    }}
                  </For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </section>
    </section>
  );
}

function typeOf(field: FieldSchema): string {
  const inner = field.type === "RECORD" || field.type === "STRUCT" ? "STRUCT" : field.type;
  return field.mode === "REPEATED" ? `ARRAY<${inner}>` : inner;
}

function isNumber(field: FieldSchema | undefined): boolean {
  return (
    field !== undefined &&
    field.mode !== "REPEATED" &&
    /^(INT|FLOAT|NUMERIC|BIGNUMERIC)/.test(field.type)
  );
}
