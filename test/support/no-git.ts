import type { Git } from "../../server/connectors/git.ts";

/** For tests that have no repository. */
export const noGit: Git = {
  open: () => Promise.reject(new Error("there is no repository here")),
};
