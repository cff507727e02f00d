ALTER TABLE "table_runs" ADD COLUMN "extract_removed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "spreadsheet_readers" text[] DEFAULT '{}' NOT NULL;