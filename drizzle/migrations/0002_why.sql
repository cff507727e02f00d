ALTER TABLE "runs" ADD COLUMN "request" jsonb;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "steering" jsonb;--> statement-breakpoint
ALTER TABLE "table_runs" ADD COLUMN "awaited" jsonb;--> statement-breakpoint
ALTER TABLE "table_runs" ADD COLUMN "asked" boolean;