import type { CloudPlace } from "../shared/cloud.ts";
import { MaestroError } from "../shared/errors.ts";
import type { ServiceAccountKey } from "../shared/settings-cloud.ts";
import type { Config } from "./config.ts";
import { createWarehouse } from "./connectors/bigquery.ts";
import { createCloudProbe } from "./connectors/cloud-probe.ts";
import { createObjectStore } from "./connectors/gcs.ts";
import { createGoogleClients } from "./connectors/google-clients.ts";
import { createSheets, spreadsheetUrl } from "./connectors/google-sheets.ts";
import type { CloudOptions } from "./services/settings/live-cloud.ts";

const googleDocs = "https://docs.google.com";

/** How the clients of a place are made: of Google's own cloud, or of the local one. */
export function cloudOptions(config: Config, localUrl: string | null): CloudOptions {
  const webUrl = (place: CloudPlace | null) =>
    config.sheetsUrl ?? (place?.isLocal ? localUrl : null) ?? googleDocs;
  const clientsOf = (place: CloudPlace, key: ServiceAccountKey | null) => {
    if (place.isLocal && localUrl === null) {
      throw new MaestroError(
        "configuration",
        "this server has no local cloud, where the run began: start it with MAESTRO_LOCAL_CLOUD_URL, or on the data directory of `maestro start`",
      );
    }
    return createGoogleClients({
      projectId: place.projectId,
      location: place.location,
      key,
      localCloudUrl: place.isLocal ? localUrl : null,
      googleUrl: config.googleUrl,
      sheetsUrl: config.sheetsUrl,
      usesFolder: config.sheetsFolder !== null,
    });
  };
  return {
    hasLocalCloud: localUrl !== null,
    spreadsheetUrl: (place, id) => spreadsheetUrl(webUrl(place), id),
    probe: (place, key) => createCloudProbe(clientsOf(place, key), place),
    connect(place, key) {
      const { projectId, location, bucket } = place;
      const clients = clientsOf(place, key);
      return {
        warehouse: createWarehouse({ bigquery: clients.bigquery, projectId, location }),
        objectStore: createObjectStore({ storage: clients.storage, bucket, location }),
        sheets: createSheets({
          ...clients,
          webUrl: webUrl(place),
          folderId: config.sheetsFolder,
          random: Math.random,
        }),
      };
    },
  };
}
