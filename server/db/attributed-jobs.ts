import { sql } from "drizzle-orm";

/** Whose a job `j` is, as columns: of `attributedJobs`. */
export const attribution = sql`
  coalesce(d.name || '.' || t.name, 'no table') as "table",
  coalesce(nullif(coalesce(j.user_email, u.email), ''), 'no owner') as "user",
  coalesce(nullif(coalesce(j.group_name, g.name), ''), 'no group') as "group",
  coalesce(j.frequency_name, f.name, 'manual') as frequency`;

export const attributedJobs = sql`
  from jobs j
  left join tables t on t.id = j.table_id
  left join datasets d on d.id = t.dataset_id
  left join users u on u.id = t.owner_id
  left join groups g on g.id = t.group_id
  left join table_runs tr on tr.id = j.table_run_id
  left join runs r on r.id = tr.run_id
  left join frequencies f on f.id = r.frequency_id`;
