CREATE TABLE "git_files" (
	"remote" text NOT NULL,
	"table_id" bigint NOT NULL,
	"path" text NOT NULL,
	"version" integer NOT NULL,
	"sql_sha" text,
	"settings_sha" text,
	"conflict_version" integer,
	CONSTRAINT "git_files_remote_table_id_pk" PRIMARY KEY("remote","table_id")
);
--> statement-breakpoint
ALTER TABLE "table_versions" ADD COLUMN "commit_sha" text;--> statement-breakpoint
ALTER TABLE "git_files" ADD CONSTRAINT "git_files_table_id_tables_id_fk" FOREIGN KEY ("table_id") REFERENCES "public"."tables"("id") ON DELETE no action ON UPDATE no action;