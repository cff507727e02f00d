ALTER TABLE "jobs" ADD COLUMN "statistics_error" text;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "statistics_tried_at" timestamp with time zone;