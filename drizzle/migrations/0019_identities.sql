ALTER TABLE "users" ADD COLUMN "sessions_ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "oauth_issuer" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "oauth_subject" text;