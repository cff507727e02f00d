CREATE TABLE "frequencies" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "frequencies_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"period_seconds" integer NOT NULL,
	"offset_seconds" integer DEFAULT 0 NOT NULL,
	"time_zone" text,
	"active" boolean DEFAULT true NOT NULL,
	"parent_wait_seconds" integer,
	"effective_from" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "frequencies_name_unique" UNIQUE("name"),
	CONSTRAINT "frequencies_period" CHECK ("frequencies"."period_seconds" > 0)
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "jobs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"table_run_id" bigint,
	"table_id" bigint,
	"step" text NOT NULL,
	"attempt" integer NOT NULL,
	"bq_job_id" text NOT NULL,
	"configuration" jsonb NOT NULL,
	"configuration_hash" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"error" text,
	"error_reason" text,
	"statistics" jsonb,
	"bytes_processed" bigint,
	"bytes_billed" bigint,
	"slot_ms" bigint,
	"cache_hit" boolean,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"submitted_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "jobs_bqJobId_unique" UNIQUE("bq_job_id"),
	CONSTRAINT "jobs_attempt" UNIQUE("table_run_id","step","attempt"),
	CONSTRAINT "jobs_state" CHECK ("jobs"."state" in ('pending', 'running', 'succeeded', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"frequency_id" bigint,
	"tick_at" timestamp with time zone,
	"kind" text NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"reason" text,
	"started_by" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"cancel_requested_at" timestamp with time zone,
	"resumed_count" integer DEFAULT 0 NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "runs_tick" UNIQUE("frequency_id","tick_at"),
	CONSTRAINT "runs_state" CHECK ("runs"."state" in ('running', 'succeeded', 'failed', 'cancelled', 'skipped')),
	CONSTRAINT "runs_ended" CHECK (("runs"."state" = 'running') = ("runs"."ended_at" is null))
);
--> statement-breakpoint
CREATE TABLE "table_runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "table_runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run_id" bigint NOT NULL,
	"table_id" bigint NOT NULL,
	"definition" jsonb NOT NULL,
	"parent_ids" bigint[] DEFAULT '{}' NOT NULL,
	"child_ids" bigint[] DEFAULT '{}' NOT NULL,
	"awaits" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"await_until" timestamp with time zone,
	"pending_parents" integer DEFAULT 0 NOT NULL,
	"priority" integer DEFAULT 0 NOT NULL,
	"remaining_seconds" double precision DEFAULT 0 NOT NULL,
	"state" text NOT NULL,
	"reason" jsonb,
	"step" text,
	"staged_objects" text[] DEFAULT '{}' NOT NULL,
	"extract_objects" text[] DEFAULT '{}' NOT NULL,
	"row_count" bigint,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"ready_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "table_runs_table" UNIQUE("run_id","table_id"),
	CONSTRAINT "table_runs_state" CHECK ("table_runs"."state" in ('waiting', 'ready', 'running', 'succeeded', 'failed', 'skipped', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "rooms" (
	"scheduler_id" bigint NOT NULL,
	"id" text NOT NULL,
	"state" text DEFAULT 'creating' NOT NULL,
	"pid" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"pinged_at" timestamp with time zone,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "rooms_scheduler_id_id_pk" PRIMARY KEY("scheduler_id","id")
);
--> statement-breakpoint
CREATE TABLE "scheduler_versions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "scheduler_versions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scheduler_id" bigint NOT NULL,
	"version" integer NOT NULL,
	"specification" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "scheduler_versions_version" UNIQUE("scheduler_id","version")
);
--> statement-breakpoint
CREATE TABLE "schedulers" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "schedulers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"state" text DEFAULT 'active' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "schedulers_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"key" text PRIMARY KEY NOT NULL,
	"value" jsonb,
	"secret" "bytea",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "databases" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "databases_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"database" text NOT NULL,
	"username" text NOT NULL,
	"password" "bytea",
	"may_import" boolean DEFAULT true NOT NULL,
	"may_export" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "databases_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "datasets" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "datasets_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "datasets_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "table_references" (
	"table_id" bigint NOT NULL,
	"source" text NOT NULL,
	"dataset" text,
	"name" text NOT NULL,
	"is_wildcard" boolean DEFAULT false NOT NULL,
	"found_by" text[] NOT NULL,
	"ignored" boolean DEFAULT false NOT NULL,
	CONSTRAINT "table_references_table_id_source_pk" PRIMARY KEY("table_id","source")
);
--> statement-breakpoint
CREATE TABLE "table_versions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "table_versions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"table_id" bigint NOT NULL,
	"version" integer NOT NULL,
	"definition" jsonb NOT NULL,
	"saved_by" bigint,
	"saved_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "table_versions_version" UNIQUE("table_id","version")
);
--> statement-breakpoint
CREATE TABLE "tables" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tables_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"dataset_id" bigint NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"query" text DEFAULT '' NOT NULL,
	"legacy_sql" boolean DEFAULT false NOT NULL,
	"disposition" text DEFAULT 'truncate' NOT NULL,
	"partitioning" jsonb,
	"clustering" text[] DEFAULT '{}' NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"group_id" bigint,
	"owner_id" bigint,
	"frequency_id" bigint,
	"conditions" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"extract" boolean DEFAULT false NOT NULL,
	"extract_format" text DEFAULT 'CSV' NOT NULL,
	"import_database_id" bigint,
	"import_table" text DEFAULT '' NOT NULL,
	"id_column" text,
	"last_id" text,
	"imported_at" timestamp with time zone,
	"external_timeout_seconds" integer DEFAULT 3600 NOT NULL,
	"external_format" text DEFAULT 'CSV' NOT NULL,
	"cost_cap_bytes" bigint,
	"retries" integer DEFAULT 3 NOT NULL,
	"extra_parents" text[] DEFAULT '{}' NOT NULL,
	"ignored_parents" text[] DEFAULT '{}' NOT NULL,
	"warnings" text[] DEFAULT '{}' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"row_count" bigint,
	"bytes" bigint,
	"last_ok_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "tables_kind" CHECK ("tables"."kind" in ('summary', 'import', 'external')),
	CONSTRAINT "tables_disposition" CHECK ("tables"."disposition" in ('truncate', 'append')),
	CONSTRAINT "tables_import_database" CHECK (("tables"."kind" = 'import') = ("tables"."import_database_id" is not null)),
	CONSTRAINT "tables_clustering" CHECK (cardinality("tables"."clustering") <= 4),
	CONSTRAINT "tables_retries" CHECK ("tables"."retries" between 0 and 10)
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notifications_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"table_run_id" bigint NOT NULL,
	"url" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"attempts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"next_attempt_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notifications_once" UNIQUE("table_run_id","url")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"topic" text NOT NULL,
	"payload" jsonb NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp with time zone,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "transfers" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "transfers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"table_run_id" bigint NOT NULL,
	"table_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"cancel_requested_at" timestamp with time zone,
	"rows" bigint DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"total_rows" bigint,
	"result" jsonb,
	"error" text,
	"error_retryable" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "transfers_table_run" UNIQUE("table_run_id","kind"),
	CONSTRAINT "transfers_state" CHECK ("transfers"."state" in ('queued', 'running', 'succeeded', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "api_tokens_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" bigint NOT NULL,
	"name" text NOT NULL,
	"token_sha256" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "api_tokens_tokenSha256_unique" UNIQUE("token_sha256"),
	CONSTRAINT "api_tokens_sha256_length" CHECK (octet_length("api_tokens"."token_sha256") = 32)
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"user_id" bigint,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject_kind" text NOT NULL,
	"subject_id" bigint,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "groups" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "groups_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "groups_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "sign_in_tokens" (
	"token_sha256" "bytea" PRIMARY KEY NOT NULL,
	"user_id" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "sign_in_tokens_sha256_length" CHECK (octet_length("sign_in_tokens"."token_sha256") = 32)
);
--> statement-breakpoint
CREATE TABLE "user_groups" (
	"user_id" bigint NOT NULL,
	"group_id" bigint NOT NULL,
	CONSTRAINT "user_groups_user_id_group_id_pk" PRIMARY KEY("user_id","group_id")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "users_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"email" text NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"is_admin" boolean DEFAULT false NOT NULL,
	"disabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_table_run_id_table_runs_id_fk" FOREIGN KEY ("table_run_id") REFERENCES "public"."table_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_table_id_tables_id_fk" FOREIGN KEY ("table_id") REFERENCES "public"."tables"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_frequency_id_frequencies_id_fk" FOREIGN KEY ("frequency_id") REFERENCES "public"."frequencies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_started_by_users_id_fk" FOREIGN KEY ("started_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "table_runs" ADD CONSTRAINT "table_runs_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "table_runs" ADD CONSTRAINT "table_runs_table_id_tables_id_fk" FOREIGN KEY ("table_id") REFERENCES "public"."tables"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_scheduler_id_schedulers_id_fk" FOREIGN KEY ("scheduler_id") REFERENCES "public"."schedulers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scheduler_versions" ADD CONSTRAINT "scheduler_versions_scheduler_id_schedulers_id_fk" FOREIGN KEY ("scheduler_id") REFERENCES "public"."schedulers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "table_references" ADD CONSTRAINT "table_references_table_id_tables_id_fk" FOREIGN KEY ("table_id") REFERENCES "public"."tables"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "table_versions" ADD CONSTRAINT "table_versions_table_id_tables_id_fk" FOREIGN KEY ("table_id") REFERENCES "public"."tables"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "table_versions" ADD CONSTRAINT "table_versions_saved_by_users_id_fk" FOREIGN KEY ("saved_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tables" ADD CONSTRAINT "tables_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tables" ADD CONSTRAINT "tables_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tables" ADD CONSTRAINT "tables_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tables" ADD CONSTRAINT "tables_frequency_id_frequencies_id_fk" FOREIGN KEY ("frequency_id") REFERENCES "public"."frequencies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tables" ADD CONSTRAINT "tables_import_database_id_databases_id_fk" FOREIGN KEY ("import_database_id") REFERENCES "public"."databases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_table_run_id_table_runs_id_fk" FOREIGN KEY ("table_run_id") REFERENCES "public"."table_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_table_run_id_table_runs_id_fk" FOREIGN KEY ("table_run_id") REFERENCES "public"."table_runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_table_id_tables_id_fk" FOREIGN KEY ("table_id") REFERENCES "public"."tables"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_tokens" ADD CONSTRAINT "sign_in_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_groups" ADD CONSTRAINT "user_groups_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "user_groups" ADD CONSTRAINT "user_groups_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "jobs_table" ON "jobs" USING btree ("table_id","id");--> statement-breakpoint
CREATE INDEX "jobs_created" ON "jobs" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "jobs_ended" ON "jobs" USING btree ("ended_at");--> statement-breakpoint
CREATE INDEX "jobs_unread" ON "jobs" USING btree ("id") WHERE "jobs"."state" = 'succeeded' and "jobs"."statistics" is null;--> statement-breakpoint
CREATE INDEX "jobs_unfinished" ON "jobs" USING btree ("id") WHERE "jobs"."state" in ('pending', 'running');--> statement-breakpoint
CREATE UNIQUE INDEX "runs_one_unfinished" ON "runs" USING btree ("frequency_id") WHERE "runs"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "runs_created" ON "runs" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "runs_by_state" ON "runs" USING btree ("state","id");--> statement-breakpoint
CREATE INDEX "runs_ended" ON "runs" USING btree ("ended_at");--> statement-breakpoint
CREATE INDEX "table_runs_ready" ON "table_runs" USING btree ("run_id","priority" DESC NULLS LAST,"remaining_seconds" DESC NULLS LAST,"id") WHERE "table_runs"."state" = 'ready';--> statement-breakpoint
CREATE INDEX "table_runs_unfinished" ON "table_runs" USING btree ("run_id") WHERE "table_runs"."state" in ('waiting', 'ready', 'running');--> statement-breakpoint
CREATE INDEX "table_runs_awaiting" ON "table_runs" USING btree ("id") WHERE "table_runs"."state" = 'waiting' and "table_runs"."awaits" <> '[]';--> statement-breakpoint
CREATE INDEX "table_runs_staged" ON "table_runs" USING btree ("id") WHERE "table_runs"."staged_objects" <> '{}';--> statement-breakpoint
CREATE INDEX "table_runs_running" ON "table_runs" USING btree ("lease_until") WHERE "table_runs"."state" = 'running';--> statement-breakpoint
CREATE INDEX "table_runs_table_latest" ON "table_runs" USING btree ("table_id","id");--> statement-breakpoint
CREATE INDEX "table_runs_ended" ON "table_runs" USING btree ("ended_at");--> statement-breakpoint
CREATE INDEX "table_references_target" ON "table_references" USING btree ("dataset","name");--> statement-breakpoint
CREATE INDEX "table_references_ignored" ON "table_references" USING btree ("table_id") WHERE "table_references"."ignored";--> statement-breakpoint
CREATE UNIQUE INDEX "tables_name" ON "tables" USING btree ("dataset_id","name") WHERE "tables"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "tables_frequency" ON "tables" USING btree ("frequency_id") WHERE "tables"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX "outbox_open" ON "outbox" USING btree ("topic","id") WHERE "outbox"."delivered_at" is null;--> statement-breakpoint
CREATE INDEX "transfers_table" ON "transfers" USING btree ("table_id","id");--> statement-breakpoint
CREATE INDEX "transfers_ended" ON "transfers" USING btree ("ended_at");--> statement-breakpoint
CREATE INDEX "transfers_open" ON "transfers" USING btree ("lease_until","id") WHERE "transfers"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "audit_log_subject" ON "audit_log" USING btree ("subject_kind","subject_id");--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email" ON "users" USING btree (lower("email"));