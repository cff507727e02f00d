import { databasesRouter } from "./routers/databases.ts";
import { events } from "./routers/events.ts";
import { frequenciesRouter } from "./routers/frequencies.ts";
import { gitRouter } from "./routers/git.ts";
import { historyRouter } from "./routers/history.ts";
import { jobsRouter } from "./routers/jobs.ts";
import { notificationsRouter } from "./routers/notifications.ts";
import { groupsRouter, meRouter, tokensRouter, usersRouter } from "./routers/people.ts";
import { runsRouter } from "./routers/runs.ts";
import { schedulersRouter } from "./routers/schedulers.ts";
import { settingsRouter } from "./routers/settings.ts";
import {
  auditRouter,
  costsRouter,
  datasetsRouter,
  lineageRouter,
  systemRouter,
} from "./routers/system.ts";
import { tablesRouter } from "./routers/tables.ts";
import { transfersRouter } from "./routers/transfers.ts";
import { router } from "./trpc.ts";

/** Every procedure of Maestro, one router a noun. */
export const appRouter = router({
  audit: auditRouter,
  costs: costsRouter,
  databases: databasesRouter,
  datasets: datasetsRouter,
  events,
  frequencies: frequenciesRouter,
  git: gitRouter,
  groups: groupsRouter,
  history: historyRouter,
  jobs: jobsRouter,
  lineage: lineageRouter,
  me: meRouter,
  notifications: notificationsRouter,
  runs: runsRouter,
  schedulers: schedulersRouter,
  settings: settingsRouter,
  system: systemRouter,
  tables: tablesRouter,
  tokens: tokensRouter,
  transfers: transfersRouter,
  users: usersRouter,
});

export type AppRouter = typeof appRouter;
