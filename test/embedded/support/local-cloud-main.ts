import { createLocalCloudCommand } from "../../../server/commands/local-cloud.ts";

await createLocalCloudCommand(process.env).parseAsync();
