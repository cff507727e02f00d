import { z } from "zod";
import { keptText } from "../../../shared/text.ts";
import { queryHistory } from "../../services/history/query-history.ts";
import { procedure, router } from "../trpc.ts";

export const historyRouter = router({
  /** One SELECT over `runs`, `table_runs`, `jobs` and `costs`. */
  query: procedure("read")
    .input(z.object({ sql: keptText().min(1).max(5_000) }))
    .query(({ ctx, input }) => queryHistory(ctx.deps, input.sql)),
});
