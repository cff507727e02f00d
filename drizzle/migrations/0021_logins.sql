CREATE TABLE "login_requests" (
	"code" text PRIMARY KEY NOT NULL,
	"secret_sha256" "bytea" NOT NULL,
	"machine" text NOT NULL,
	"approved_by" bigint,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "login_requests_secretSha256_unique" UNIQUE("secret_sha256")
);
--> statement-breakpoint
ALTER TABLE "login_requests" ADD CONSTRAINT "login_requests_approved_by_users_id_fk" FOREIGN KEY ("approved_by") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;