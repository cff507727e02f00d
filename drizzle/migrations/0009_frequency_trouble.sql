ALTER TABLE "frequencies" ADD COLUMN "trouble" text;--> statement-breakpoint
ALTER TABLE "frequencies" ADD COLUMN "trouble_since" timestamp with time zone;