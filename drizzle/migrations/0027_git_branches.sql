CREATE TABLE "git_branches" (
	"remote" text PRIMARY KEY NOT NULL,
	"head" text,
	"rewritten_head" text,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "table_versions" ADD COLUMN "commit_fault" text;