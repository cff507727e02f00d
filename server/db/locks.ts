/**
 * The advisory locks of our database, all in one place so that no two have the same number: those
 * who take different ones never wait for each other.
 */
export const locks = {
  /** One process at a time brings the schema up to date. */
  migration: 7_102_026,
  /**
   * One save at a time changes names and references, so that the check for cycles holds. Shared by
   * those who start tables with what stands above or below them.
   */
  catalogGraph: 7_102_027,
  /** One transaction at a time moves table runs between states. */
  transition: 7_102_028,
  /** One room at a time chooses a transfer. */
  transferClaim: 7_102_029,
  /** One transaction at a time changes who is an enabled admin, and so who is the first and the last. */
  firstUser: 7_102_030,
  /** One process at a time tells Slack, so that it is told in order. */
  slack: 7_102_040,
  /** One process at a time sees what is to be told once: a budget that is spent, a late run, a day. */
  toldOnce: 7_102_041,
  /** One save at a time changes which project is set and what opens it. */
  credentials: 7_102_042,
  /** One watcher at a time takes places for rooms on a machine. */
  roomPlaces: 7_102_033,
} as const;
