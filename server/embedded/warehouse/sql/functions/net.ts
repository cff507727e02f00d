import type { FunctionTable } from "./call-site.ts";

export const netFunctions: FunctionTable = {
  "NET.HOST": [["STRING -> STRING", "maestro_net_host($1)"]],
  "NET.IP_FROM_STRING": [["STRING -> BYTES", "maestro_net_ip_from_string($1)"]],
  "NET.SAFE_IP_FROM_STRING": [["STRING -> BYTES", "maestro_net_safe_ip_from_string($1)"]],
  "NET.IP_TO_STRING": [["BYTES -> STRING", "maestro_net_ip_to_string($1)"]],
  "NET.IP_NET_MASK": [["INT64, INT64 -> BYTES", "maestro_net_ip_net_mask($1, $2)"]],
  "NET.IP_TRUNC": [["BYTES, INT64 -> BYTES", "maestro_net_ip_trunc($1, $2)"]],
  "NET.IPV4_FROM_INT64": [["INT64 -> BYTES", "maestro_net_ipv4_from_int64($1)"]],
  "NET.IPV4_TO_INT64": [["BYTES -> INT64", "maestro_net_ipv4_to_int64($1)"]],
};
