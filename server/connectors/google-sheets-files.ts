import type { drive_v3 } from "@googleapis/drive";
import { MaestroError } from "../../shared/errors.ts";
import type { GoogleCalls } from "./google-sheets-calls.ts";
import type { Access, Sheets } from "./sheets.ts";

type DriveCalls =
  | "isThere"
  | "find"
  | "create"
  | "remove"
  | "listAccess"
  | "grantReading"
  | "revoke";

const spreadsheetType = "application/vnd.google-apps.spreadsheet";
/** Private to the Google Cloud project of the credentials; at most 124 bytes with its value. */
const property = "maestroTable";
const anyDrive = { supportsAllDrives: true };

/** The spreadsheets as files of Google Drive, and who may read them. */
export function createDriveCalls(
  { drive, folderId }: { drive: drive_v3.Drive; folderId: string | null },
  { call, callOnce }: GoogleCalls,
): Pick<Sheets, DriveCalls> {
  return {
    async isThere(fileId, signal) {
      const found = await call("look for the spreadsheet", signal, (each) =>
        drive.files.get({ fileId, fields: "id,trashed", ...anyDrive }, each),
      ).catch((error: unknown) => {
        if (error instanceof MaestroError && error.code === "notFound") return null;
        throw error;
      });
      return found !== null && found.data.trashed !== true;
    },

    async find(key, signal) {
      const q = `appProperties has { key='${property}' and value='${key}' } and trashed=false`;
      const fields = "nextPageToken,files(id,createdTime)";
      const { data } = await call("look for the spreadsheet", signal, (each) =>
        drive.files.list({ q, fields, includeItemsFromAllDrives: true, ...anyDrive }, each),
      );
      const ageOf = ({ createdTime, id }: drive_v3.Schema$File) => `${createdTime} ${id}`;
      const files = (data.files ?? []).sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
      return files.flatMap(({ id }) => (id ? [id] : []));
    },

    async create(key, title, signal) {
      const requestBody = {
        name: title,
        mimeType: spreadsheetType,
        appProperties: { [property]: key },
        ...(folderId === null ? {} : { parents: [folderId] }),
      };
      const { data } = await callOnce("make a spreadsheet", signal, (each) =>
        drive.files.create({ requestBody, fields: "id", ...anyDrive }, each),
      );
      if (data.id) return data.id;
      throw new MaestroError("sheets", "Google made a spreadsheet and did not say its id");
    },

    async remove(fileId, signal) {
      await call("delete a spreadsheet", signal, (each) =>
        drive.files.delete({ fileId, ...anyDrive }, each),
      );
    },
    ...accessCalls(drive, call),
  };
}

function accessCalls(
  drive: drive_v3.Drive,
  call: GoogleCalls["call"],
): Pick<Sheets, "listAccess" | "grantReading" | "revoke"> {
  return {
    async listAccess(fileId, signal) {
      const access = new Map<string, Access>();
      let pageToken: string | undefined;
      do {
        const page = pageToken === undefined ? {} : { pageToken };
        const fields = "nextPageToken,permissions(id,role,emailAddress,permissionDetails)";
        const { data } = await call("list the readers", signal, (each) =>
          drive.permissions.list({ fileId, fields, pageSize: 100, ...page, ...anyDrive }, each),
        );
        for (const permission of data.permissions ?? []) {
          const email = permission.emailAddress?.toLowerCase();
          if (email) access.set(email, toAccess(permission));
        }
        pageToken = data.nextPageToken ?? undefined;
      } while (pageToken !== undefined);
      return access;
    },

    async grantReading(fileId, email, signal) {
      const requestBody = { type: "user", role: "reader", emailAddress: email };
      await call(`let ${email} read it`, signal, (each) =>
        drive.permissions.create(
          { fileId, requestBody, sendNotificationEmail: false, fields: "id", ...anyDrive },
          each,
        ),
      );
    },

    async revoke(fileId, permissionId, signal) {
      await call("take a reader's access", signal, (each) =>
        drive.permissions.delete({ fileId, permissionId, ...anyDrive }, each),
      ).catch((error: unknown) => {
        if (!(error instanceof MaestroError && error.code === "notFound")) throw error;
      });
    },
  };
}

function toAccess(permission: drive_v3.Schema$Permission): Access {
  const details = permission.permissionDetails ?? [];
  return {
    permissionId: permission.id ?? "",
    role: permission.role ?? "",
    isInherited: details.length > 0 && details.every(({ inherited }) => inherited === true),
  };
}
