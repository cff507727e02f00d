ALTER TABLE "frequencies" ADD COLUMN "late_after_seconds" integer;--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "refused_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "slack_channel" text;