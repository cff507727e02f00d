import { useNavigate, useSearchParams } from "@solidjs/router";
import { createEffect, createSignal } from "solid-js";
import { type TableDefinition, tableDefinitionSchema, tableKinds } from "../../../shared/table.ts";
import { Page } from "../../components/Page.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { createTableForm } from "../../state/create-table-form.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";
import { TableEditor } from "./TableEditor.tsx";

/** A new table; the address may fill it in (`?kind=import&database=1&table=public.flights`). */
export function NewTablePage() {
  const navigate = useNavigate();
  const [params] = useSearchParams<{ kind?: string; database?: string; table?: string }>();
  const form = createTableForm(startFrom(params), () => undefined);
  const info = createApiQuery(
    () => ["system", "info"],
    (signal) => api.system.info.query(undefined, { signal }),
  );
  const [isOffered, setOffered] = createSignal(false);
  createEffect(() => {
    const first = info.data()?.defaultDatasets[0];
    if (first === undefined || isOffered()) return;
    setOffered(true);
    if (form.draft.dataset === "") form.set({ dataset: first });
  });
  return (
    <Page title="New table" crumbs={[{ label: "Tables", href: "/tables" }]}>
      <TableEditor
        form={form}
        canWrite
        onSaved={(saved) => {
          showToast(`${form.draft.dataset}.${form.draft.name} is created`, saved.warnings[0]);
          navigate(`/tables/${saved.id}`);
        }}
      />
    </Page>
  );
}

/** The schema's defaults, with the two names still empty. */
function startFrom(params: { kind?: string; database?: string; table?: string }): TableDefinition {
  const kind = tableKinds.find((one) => one === params.kind) ?? "summary";
  const defaults = tableDefinitionSchema.parse({ dataset: "_", name: "_", kind });
  const source = params.table ?? "";
  return {
    ...defaults,
    dataset: "",
    name: source.slice(source.lastIndexOf(".") + 1).replace(/\W/g, "_"),
    importDatabaseId: params.database === undefined ? null : Number(params.database),
    importTable: source,
  };
}
