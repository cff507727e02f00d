import { runJob, type TestCloud, tableReference } from "./local-cloud.ts";

/** `fields` of a schema as the API takes them. */
export const schema = (...fields: [name: string, type: string, mode?: string][]) => ({
  fields: fields.map(([name, type, mode = "NULLABLE"]) => ({ name, type, mode })),
});

/** Files into the bucket, from there into tables of the dataset `d`, and what is in these then. */
export function loading(cloud: TestCloud) {
  return {
    put(name: string, content: string | Buffer): Promise<void> {
      return cloud.storage.bucket("bucket").file(name).save(content, { resumable: false });
    },

    /** Loads the object `uri` in place of the table's rows, unless `options` say otherwise. */
    load(table: string, uri: string, options: Record<string, unknown> = {}) {
      return runJob(cloud.bigquery, {
        load: {
          sourceUris: [`gs://bucket/${uri}`],
          destinationTable: tableReference(table),
          writeDisposition: "WRITE_TRUNCATE",
          ...options,
        },
      });
    },

    async rowsOf(table: string, order = "1") {
      const [rows] = await cloud.bigquery.query(`SELECT * FROM d.${table} ORDER BY ${order}`);
      return rows;
    },

    /** `name TYPE MODE` of each column; NULLABLE is left out. */
    async fieldsOf(table: string): Promise<string[]> {
      const [{ schema: found }] = await cloud.bigquery.dataset("d").table(table).getMetadata();
      return found.fields.map((f: { name: string; type: string; mode: string }) =>
        f.mode === "NULLABLE" ? `${f.name} ${f.type}` : `${f.name} ${f.type} ${f.mode}`,
      );
    },
  };
}
