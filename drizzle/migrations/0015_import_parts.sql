CREATE TABLE "transfer_parts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "transfer_parts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"transfer_id" bigint NOT NULL,
	"transfer_fence" integer NOT NULL,
	"number" integer NOT NULL,
	"statement" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"rows" bigint DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"objects" jsonb,
	"error" text,
	"error_retryable" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "transfer_parts_number" UNIQUE("transfer_id","number"),
	CONSTRAINT "transfer_parts_state" CHECK ("transfer_parts"."state" in ('queued', 'running', 'done', 'failed'))
);
--> statement-breakpoint
ALTER TABLE "transfers" ADD COLUMN "division" jsonb;--> statement-breakpoint
ALTER TABLE "transfer_parts" ADD CONSTRAINT "transfer_parts_transfer_id_transfers_id_fk" FOREIGN KEY ("transfer_id") REFERENCES "public"."transfers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "transfer_parts_open" ON "transfer_parts" USING btree ("transfer_id") WHERE "transfer_parts"."state" in ('queued', 'running');