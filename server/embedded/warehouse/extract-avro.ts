import type { FieldSchema } from "../../../shared/table.ts";
import { type AvroCodec, AvroWriter } from "./formats/avro-container.ts";
import { avroType } from "./formats/avro-long.ts";
import { avroWriter } from "./formats/avro-writer.ts";
import type { WarehouseTransaction } from "./transaction.ts";

const blockBytes = 2 ** 18;

/** Writes a query's rows into Avro files, one after another as each is full; one at least. */
export async function extractAvro(
  tx: WarehouseTransaction,
  select: string,
  options: {
    schema: FieldSchema[];
    logicalTypes: boolean;
    codec: AvroCodec;
    maxFileBytes: number;
    path(file: number): string;
  },
): Promise<void> {
  const { schema, value } = avroWriter(options.schema, options.logicalTypes);
  const type = avroType(schema);
  const openFile = (file: number) => AvroWriter.open(options.path(file), schema, options.codec);
  let files = 0;
  let writer = await openFile(files);
  let records: Buffer[] = [];
  let pending = 0;
  const flush = async () => {
    if (records.length > 0) await writer.block(records.length, Buffer.concat(records));
    records = [];
    pending = 0;
  };
  try {
    await tx.begin();
    const result = await tx.connection.stream(select);
    for await (const rows of result.yieldRows()) {
      tx.checkCancelled();
      for (const row of rows) {
        const record = type.toBuffer(value(row));
        records.push(record);
        pending += record.length;
        if (pending < blockBytes) continue;
        await flush();
        if (writer.bytes < options.maxFileBytes) continue;
        await writer.close();
        files += 1;
        writer = await openFile(files);
      }
    }
    await flush();
  } finally {
    await writer.close();
  }
}
