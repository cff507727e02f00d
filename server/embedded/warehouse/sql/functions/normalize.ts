import { coerce } from "../types/coerce.ts";
import { quoteString, type Typed } from "../types/typed.ts";
import { scalar, typeName } from "../types/types.ts";
import type { CallSite, FunctionTable } from "./call-site.ts";

const modes = new Set(["NFC", "NFD", "NFKC", "NFKD"]);

/** NORMALIZE(text [, mode]), where the mode is a word and no expression. */
function normalizing(fn: string) {
  return (site: CallSite): Typed => {
    const text = coerce(site.arg(0), scalar("STRING"));
    const node = site.node(1);
    const mode = node?.k === "path" ? (node.names[0]?.text ?? "").toUpperCase() : "NFC";
    if (!text || site.call.args.length > 2 || (node && node.k !== "path")) {
      const { call, ctx } = site;
      throw ctx.fail(
        call.pos,
        `No matching signature for function ${call.name} for argument types: ${typeName(site.arg(0).type)}`,
      );
    }
    if (!modes.has(mode))
      throw site.ctx.fail(
        node?.pos ?? site.call.pos,
        `Argument is not a valid NORMALIZE mode: ${mode}`,
      );
    return { sql: `${fn}(${text.sql}, ${quoteString(mode)})`, type: scalar("STRING") };
  };
}

export const normalizeFunctions: FunctionTable = {
  NORMALIZE: normalizing("maestro_normalize"),
  NORMALIZE_AND_CASEFOLD: normalizing("maestro_casefold"),
};
