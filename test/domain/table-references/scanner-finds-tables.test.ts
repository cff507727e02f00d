import { describe, expect, test } from "vitest";
import { scanReferences } from "../../../server/domain/table-references/scan-references.ts";
import { referenceCases } from "./cases.ts";

describe("the scanner alone names exactly the tables that are read", () => {
  test.each(referenceCases)("$name", ({ sql, sources, legacy }) => {
    expect(scanReferences(sql, { legacySql: legacy ?? false })).toEqual(sources);
  });
});
