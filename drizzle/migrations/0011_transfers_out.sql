ALTER TABLE "databases" ADD COLUMN "tls_mode" text DEFAULT 'prefer' NOT NULL;--> statement-breakpoint
ALTER TABLE "databases" ADD COLUMN "tls_ca" text;--> statement-breakpoint
ALTER TABLE "databases" ADD COLUMN "tls_certificate" text;--> statement-breakpoint
ALTER TABLE "databases" ADD COLUMN "tls_key" "bytea";--> statement-breakpoint
ALTER TABLE "databases" ADD COLUMN "import_dataset" text;--> statement-breakpoint
ALTER TABLE "databases" ADD COLUMN "bytes_per_second" bigint;--> statement-breakpoint
ALTER TABLE "databases" ADD COLUMN "concurrent_transfers" integer;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "reimport_conditions" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "export_database_id" bigint;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "export_table" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "export_mode" text DEFAULT 'replace' NOT NULL;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "export_keys" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "sheet" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "sheet_readers" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tables" ADD COLUMN "spreadsheet_id" text;--> statement-breakpoint
ALTER TABLE "transfers" ADD COLUMN "database_id" bigint;--> statement-breakpoint
ALTER TABLE "transfers" ADD COLUMN "statement" text;--> statement-breakpoint
ALTER TABLE "tables" ADD CONSTRAINT "tables_export_database_id_databases_id_fk" FOREIGN KEY ("export_database_id") REFERENCES "public"."databases"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_database_id_databases_id_fk" FOREIGN KEY ("database_id") REFERENCES "public"."databases"("id") ON DELETE set null ON UPDATE no action;