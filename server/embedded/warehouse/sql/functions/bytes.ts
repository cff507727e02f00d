import type { FunctionRows } from "./call-site.ts";

/** The template of a STRING function for BYTES, which it sees as characters 0 to 255. */
export function ofBytes(signature: string, template: string): string {
  const [args = "", returns = ""] = signature.split("->").map((part) => part.trim());
  const kinds = args.split(",").map((kind) => kind.trim());
  const inner = template.replace(/\$(\d)/g, (hole, n: string) =>
    kinds[Number(n) - 1] === "BYTES" ? `maestro_latin(${hole})` : hole,
  );
  if (returns === "ARRAY<BYTES>") return `list_transform(${inner}, lambda _b: maestro_bytes(_b))`;
  return returns === "BYTES" || returns === "" ? `maestro_bytes(${inner})` : inner;
}

/** A STRING function's rows, and the same for BYTES. */
export function withBytes(rows: FunctionRows): FunctionRows {
  return rows.flatMap(([signature, template]): FunctionRows => {
    const own = signature.replaceAll("STRING", "BYTES");
    return [
      [signature, template],
      [own, template === null ? null : ofBytes(own, template)],
    ];
  });
}
