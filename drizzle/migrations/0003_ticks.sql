ALTER TABLE "frequencies" ADD COLUMN "empty_tick_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "reason_code" text;--> statement-breakpoint
CREATE INDEX "runs_of_frequency" ON "runs" USING btree ("frequency_id","id");