import { useSearchParams } from "@solidjs/router";
import { transferKinds, transferStates } from "../../../shared/transfer.ts";
import { Choice } from "../../components/Choice.tsx";
import { Page } from "../../components/Page.tsx";
import { TableChoice } from "../../components/TableChoice.tsx";
import { TransferList } from "../../components/TransferList.tsx";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

/** Its filters are in the address, so that a view of them can be sent to someone. */
export function TransfersPage() {
  const [params, setParams] = useSearchParams<{
    kind?: string;
    state?: string;
    database?: string;
    table?: string;
  }>();
  const databases = createApiQuery(
    () => ["databases"],
    (signal) => api.databases.list.query(undefined, { signal }),
  );
  const tables = createApiQuery(
    () => ["tableNames", params.table],
    (signal) => api.tables.list.query({ search: params.table, limit: 1000 }, { signal }),
    { replace: true, enabled: () => Boolean(params.table) },
  );
  const tableId = () => tables.data()?.find(({ name }) => name === params.table)?.id;
  const filter = () => ({
    kind: transferKinds.find((kind) => kind === params.kind),
    state: transferStates.find((state) => state === params.state),
    databaseId: params.database ? Number(params.database) : undefined,
    // A name that no table has shows nothing, and not everything.
    tableId: params.table ? (tableId() ?? Number.MAX_SAFE_INTEGER) : undefined,
  });
  return (
    <Page
      title="Transfers"
      lead="What rooms bring in from databases, and take out to databases and sheets; the newest first."
    >
      <div class="row">
        <Choice
          label="Kind"
          any="Any kind"
          value={params.kind}
          options={transferKinds.map((kind) => [kind, kind])}
          onChange={(kind) => setParams({ kind })}
        />
        <Choice
          label="State"
          any="Any state"
          value={params.state}
          options={transferStates.map((state) => [state, state])}
          onChange={(state) => setParams({ state })}
        />
        <Choice
          label="Database"
          any="Any database"
          value={params.database}
          options={(databases.data() ?? []).map(({ id, name }) => [String(id), name])}
          onChange={(database) => setParams({ database })}
        />
        <TableChoice value={params.table} onChange={(table) => setParams({ table })} />
      </div>
      <TransferList
        filter={filter()}
        none="Each run of a table that is imported, exported or written to a sheet makes one."
      />
    </Page>
  );
}
