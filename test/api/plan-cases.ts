import { expect, test } from "vitest";
import type { TableDefinitionInput, TableDetail } from "../../shared/table.ts";
import { asksFirst, type TablePlan } from "../../shared/table-plan.ts";

interface Catalog {
  get<T>(path: string, input: unknown): Promise<T>;
  post<T>(path: string, input: unknown): Promise<T>;
  /** The saved table `lab.numbers`, which has run: columns `n` and `square`. */
  numbers: TableDefinitionInput & { query: string };
}

/** What plans say of a table that others read, over the local cloud. */
export function plansTellWhatBreaks({ get, post, numbers }: Catalog): void {
  test("a plan names the descendants that a change of columns breaks, at any depth", async () => {
    const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
    const summary = (name: string, query: string) =>
      post("tables.create", { definition: { dataset: "lab", name, kind: "summary", query } });
    await summary("passes_on", "select * from `lab.numbers` where n > 0 -- lab.numbers");
    await summary("uses_square", "select sum(p.square) as total from lab.passes_on as p");
    await summary("uses_n", "select numbers.n from lab.numbers join lab.passes_on using (n)");
    const planOf = (query: string) =>
      get<TablePlan>("tables.plan", { id, definition: { ...numbers, query } });

    const plan = await planOf("select n, 'x' as word from unnest([1, 2]) as n");
    expect(plan.broken.map(({ name }) => name)).toEqual(["lab.uses_square"]);
    expect(plan.broken[0]?.message).toContain("square");
    expect(plan).toMatchObject({
      unchecked: [],
      columnsAdded: ["word"],
      columnsRemoved: ["square"],
    });
    expect(plan.bytesBefore).toBe(0);
    const harmless = await planOf(`${numbers.query} where n < 10`);
    expect(harmless).toMatchObject({ broken: [], unchecked: [], columnsRemoved: [] });

    // Saved before its second parent, so that it is met first.
    await summary("both", "select * from lab.numbers union all select * from lab.by_a_detour");
    await summary("by_a_detour", "select * from lab.passes_on");
    const widened = await planOf("select n, n as square, 'x' as word from unnest([1]) as n");
    expect(widened).toMatchObject({ broken: [], unchecked: [], columnsAdded: ["word"] });
  });

  test("a plan finds readers however they name the table, and says of which it knows nothing", async () => {
    const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
    const summary = (name: string, query: string, more: object = {}) =>
      post("tables.create", {
        definition: { dataset: "lab", name, kind: "summary", query, ...more },
      });
    await summary("by_short_name", "select square from numbers");
    await summary(
      "in_one_quote",
      "with n as (select square as s from `lab.numbers`) select s from n",
    );
    await summary("in_legacy", "select square from [lab.numbers]", { legacySql: true });
    const query = "select n from unnest([1, 2]) as n";
    const plan = await get<TablePlan>("tables.plan", { id, definition: { ...numbers, query } });
    const broken = plan.broken.map(({ name }) => name);
    expect(broken).toEqual(expect.arrayContaining(["lab.by_short_name", "lab.in_one_quote"]));
    expect(plan.unchecked).toMatchObject([
      { name: "lab.in_legacy", message: "it is written in legacy SQL" },
    ]);

    // Not run since: readers get what the saved SQL makes, whatever is stored.
    const saved = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
    const widened = numbers.query.replace("select n,", "select n, 1 as one,");
    await post("tables.update", {
      id,
      version: saved.version,
      definition: { ...numbers, query: widened },
    });
    const back = await get<TablePlan>("tables.plan", { id, definition: numbers });
    expect(back).toMatchObject({ columnsAdded: [], columnsRemoved: ["one"], broken: [] });
    await post("tables.update", { id, version: saved.version + 1, definition: numbers });
  });

  test("a plan of a rename names who reads the old name, and what stays behind", async () => {
    const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
    const renamed = { ...numbers, name: "figures" };
    const plan = await get<TablePlan>("tables.plan", { id, definition: renamed });
    expect(plan.broken.find(({ name }) => name === "lab.uses_n")?.message).toContain(
      "it reads lab.numbers, which nothing renews then",
    );
    expect(plan.outside[0]).toContain("BigQuery keeps lab.numbers as it is now");
    expect(plan).toMatchObject({ columnsAdded: [], columnsRemoved: [], refusal: null });

    const imported = { ...numbers, kind: "external", query: "" };
    const other = await get<TablePlan>("tables.plan", { id, definition: imported });
    expect(other.broken).toEqual([]);
    expect(other.unchecked.find(({ name }) => name === "lab.uses_n")?.message).toContain(
      "depends on the uploaded files",
    );
    const wrong = { ...numbers, query: "select nothing" };
    const refused = await get<TablePlan>("tables.plan", { id, definition: wrong });
    expect(refused.refusal).toContain("nothing");
    expect(refused.unchecked.map(({ name }) => name)).toContain("lab.uses_n");
  });

  test("a plan of what is appended keeps stored columns, and tells types that refuse", async () => {
    const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
    const query = "select 'x' as n, 2 as extra";
    const definition = { ...numbers, disposition: "append", query };
    const plan = await get<TablePlan>("tables.plan", { id, definition });
    expect(plan).toMatchObject({ broken: [], columnsAdded: ["extra"], columnsRemoved: [] });
    expect(plan.refusal).toBe(
      "its runs will fail: column n is INTEGER and cannot be appended STRING",
    );
    expect(asksFirst(plan)).toBe(true);
  });

  test("a plan says which runs fail: of who appends another type, misspells a table, or is capped", async () => {
    const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
    const query = "select n from lab.numbers";
    const appends = { dataset: "lab", name: "appends", kind: "summary", disposition: "append" };
    await post("tables.create", { definition: { ...appends, query } });
    await post("tables.create", {
      definition: {
        dataset: "lab",
        name: "of_appends",
        kind: "summary",
        query: "select n from lab.appends",
      },
    });
    const planOf = (more: object) =>
      get<TablePlan>("tables.plan", { id, definition: { ...numbers, ...more } });
    const retyped = await planOf({ query: numbers.query.replace("select n,", "select 'x' as n,") });
    expect(retyped.broken.find(({ name }) => name === "lab.appends")?.message).toContain(
      "column n is INTEGER and cannot be appended STRING",
    );

    const misspelt = await planOf({ query: "select * from lab.nubmers" });
    expect(misspelt.refusal).toContain("nubmers");
    // It is in the catalog, and its first run will make it.
    expect((await planOf({ query: "select n from lab.appends" })).refusal).toBeNull();

    // The layout of what is stored stays where none is named; other partitions cannot be had.
    const expires = { type: "DAY", field: null, expirationDays: 3 } as const;
    expect((await planOf({ partitioning: expires })).refusal).toContain("never changes");
    const { version } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
    const parted = { ...numbers, partitioning: expires };
    await post("tables.update", { id, version, definition: parted });
    expect((await planOf({ partitioning: null })).refusal).toBeNull();
    const longer = { ...expires, expirationDays: 9 };
    expect((await planOf({ partitioning: longer })).refusal).toBeNull();
    await post("tables.update", { id, version: version + 1, definition: numbers });

    const reads = { dataset: "lab", name: "reads", kind: "summary", query } as const;
    const { id: readsId } = await post<{ id: number }>("tables.create", { definition: reads });
    const cap = (costCapBytes: number) =>
      get<TablePlan>("tables.plan", { id: readsId, definition: { ...reads, costCapBytes } });
    expect((await cap(1_000_000)).refusal).toContain("its cost cap is");
    expect((await cap(20_000_000)).refusal).toBeNull();
  });
}
