import { WarehouseError } from "./contract.ts";
import type { TableWrite, WriteDisposition } from "./write-table.ts";

const writes = ["WRITE_TRUNCATE", "WRITE_APPEND", "WRITE_EMPTY"] as const;
const creates = ["CREATE_IF_NEEDED", "CREATE_NEVER"] as const;

/** The dispositions of a query, load or copy configuration, checked. */
export function parseDispositions(
  configuration: {
    writeDisposition?: string;
    createDisposition?: string;
    schemaUpdateOptions?: string[];
  },
  defaultWrite: WriteDisposition,
): Pick<TableWrite, "write" | "create" | "schemaUpdateOptions"> {
  return {
    write: oneOf(writes, configuration.writeDisposition ?? defaultWrite, "writeDisposition"),
    create: oneOf(
      creates,
      configuration.createDisposition ?? "CREATE_IF_NEEDED",
      "createDisposition",
    ),
    schemaUpdateOptions: configuration.schemaUpdateOptions ?? [],
  };
}

function oneOf<T extends string>(allowed: readonly T[], value: string, field: string): T {
  const found = allowed.find((word) => word === value);
  if (found) return found;
  throw new WarehouseError("invalid", `Invalid value for ${field}: ${value} is not a valid value`);
}
