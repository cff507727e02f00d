ALTER TABLE "jobs" ADD COLUMN "user_email" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "group_name" text;