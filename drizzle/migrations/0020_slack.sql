CREATE TABLE "slack_messages" (
	"subject" text NOT NULL,
	"channel" text NOT NULL,
	"posted_channel" text NOT NULL,
	"ts" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "slack_messages_subject_channel_pk" PRIMARY KEY("subject","channel")
);
--> statement-breakpoint
ALTER TABLE "frequencies" ADD COLUMN "slack_channel" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "given_up_at" timestamp with time zone;