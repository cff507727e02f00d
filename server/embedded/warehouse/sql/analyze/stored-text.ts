import type { Context } from "./context.ts";

/*
 * What is stored of a view or routine is text, which is read anew at each use. A name without a dataset
 * means the default dataset of the request that makes it: it is stored with that dataset before it.
 */

/** The text from `start` on, with the datasets that `work` finds to be missing. */
export function boundText<T>(
  ctx: Context,
  what: string,
  { text, textPos }: { text: string; textPos: number },
  work: () => T,
): { result: T; text: string } {
  const prefixes = new Map<number, string>();
  ctx.binding = { what, prefixes };
  try {
    const result = work();
    let bound = text;
    for (const [pos, prefix] of [...prefixes].sort(([a], [b]) => b - a)) {
      const at = pos - textPos;
      bound = bound.slice(0, at) + prefix + bound.slice(at);
    }
    return { result, text: bound };
  } finally {
    ctx.binding = null;
  }
}

/** The name at this position is of the default dataset. */
export function bindName(ctx: Context, pos: number): void {
  const { datasetId } = ctx.defaultDataset ?? {};
  if (datasetId !== undefined) ctx.binding?.prefixes.set(pos, `\`${datasetId}\`.`);
}

/** What ends with the script cannot be in what stays. */
export function refuseTemporary<T>(ctx: Context, kind: "tables" | "functions", value: T): T {
  if (!ctx.binding) return value;
  const named = kind === "functions" ? "user-defined functions" : kind;
  throw ctx.fail(0, `Creating ${ctx.binding.what} with temporary ${named} is not supported`);
}
