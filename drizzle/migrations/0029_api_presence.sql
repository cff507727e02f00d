CREATE TABLE "api_presence" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"until" timestamp with time zone NOT NULL,
	CONSTRAINT "api_presence_one" CHECK ("api_presence"."id" = 1)
);
