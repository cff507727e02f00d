CREATE TABLE "held_locks" (
	"name" text PRIMARY KEY NOT NULL,
	"token" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "room_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "room_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scheduler_id" bigint NOT NULL,
	"room_id" text NOT NULL,
	"kind" text NOT NULL,
	"event" text NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"timestamp" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"forward_at" timestamp with time zone,
	"forward_attempts" integer DEFAULT 0 NOT NULL,
	"forward_error" text
);
--> statement-breakpoint
CREATE TABLE "scheduler_operations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "scheduler_operations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scheduler_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"actor" text NOT NULL,
	"summary" text NOT NULL,
	"progress" jsonb,
	"reason" text,
	"from_version" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"advanced_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "scheduler_operations_state" CHECK ("scheduler_operations"."state" in ('pending', 'running', 'succeeded', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "scheduler_points" (
	"scheduler_id" bigint NOT NULL,
	"trigger" text NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"usage" double precision,
	"counts" jsonb,
	CONSTRAINT "scheduler_points_scheduler_id_trigger_at_pk" PRIMARY KEY("scheduler_id","trigger","at")
);
--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "machine" text;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "process_start" text;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "log_path" text;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "host" text;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "ports" jsonb;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "ready_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "occupied_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "allocated_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "draining_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "terminating_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "cpu_millis" integer;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "memory_bytes" bigint;--> statement-breakpoint
ALTER TABLE "scheduler_versions" ADD COLUMN "major" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "scheduler_versions" ADD COLUMN "minor" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "scheduler_versions" ADD COLUMN "actor" text;--> statement-breakpoint
ALTER TABLE "scheduler_versions" ADD COLUMN "failure" text;--> statement-breakpoint
ALTER TABLE "schedulers" ADD COLUMN "desired" integer;--> statement-breakpoint
ALTER TABLE "schedulers" ADD COLUMN "watcher_fence" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "schedulers" ADD COLUMN "scaled_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "room_events" ADD CONSTRAINT "room_events_scheduler_id_schedulers_id_fk" FOREIGN KEY ("scheduler_id") REFERENCES "public"."schedulers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scheduler_operations" ADD CONSTRAINT "scheduler_operations_scheduler_id_schedulers_id_fk" FOREIGN KEY ("scheduler_id") REFERENCES "public"."schedulers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scheduler_points" ADD CONSTRAINT "scheduler_points_scheduler_id_schedulers_id_fk" FOREIGN KEY ("scheduler_id") REFERENCES "public"."schedulers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "room_events_of" ON "room_events" USING btree ("scheduler_id","id");--> statement-breakpoint
CREATE INDEX "room_events_to_forward" ON "room_events" USING btree ("forward_at") WHERE "room_events"."forward_at" is not null;--> statement-breakpoint
CREATE INDEX "scheduler_operations_of" ON "scheduler_operations" USING btree ("scheduler_id","id");--> statement-breakpoint
CREATE INDEX "rooms_alive" ON "rooms" USING btree ("scheduler_id","state") WHERE "rooms"."state" <> 'terminated' or "rooms"."pid" is not null;--> statement-breakpoint
CREATE INDEX "rooms_ended" ON "rooms" USING btree ("ended_at") WHERE "rooms"."ended_at" is not null;