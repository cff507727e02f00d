ALTER TABLE "login_requests" ADD COLUMN "address" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "login_requests" ADD COLUMN "scope" text;