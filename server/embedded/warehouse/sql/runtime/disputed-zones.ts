/*
 * Zones whose past is not the same in every edition of the time zone database. Some have been merged
 * with a neighbour that agrees with them since 1970, and DuckDB's edition answers the neighbour's past;
 * BigQuery's has kept theirs. What they say of that past is refused.
 */
const merged: Record<string, string> = {
  Africa:
    "Accra Addis_Ababa Asmara Asmera Bamako Bangui Banjul Blantyre Brazzaville Bujumbura Conakry Dakar Dar_es_Salaam Djibouti Douala Freetown Gaborone Harare Kampala Kigali Kinshasa Libreville Lome Luanda Lubumbashi Lusaka Malabo Maseru Mbabane Mogadishu Niamey Nouakchott Ouagadougou Porto-Novo Timbuktu",
  America:
    "Anguilla Antigua Aruba Atikokan Blanc-Sablon Cayman Coral_Harbour Creston Curacao Dominica Grenada Guadeloupe Kralendijk Lower_Princes Marigot Montserrat Nassau Panama Port_of_Spain St_Barthelemy St_Kitts St_Lucia St_Thomas St_Vincent Tortola Virgin",
  Antarctica: "DumontDUrville McMurdo South_Pole Syowa",
  Arctic: "Longyearbyen",
  Asia: "Aden Bahrain Brunei Kuala_Lumpur Kuwait Muscat Phnom_Penh Vientiane",
  Atlantic: "Jan_Mayen Reykjavik St_Helena",
  Europe:
    "Amsterdam Copenhagen Guernsey Isle_of_Man Jersey Ljubljana Luxembourg Monaco Oslo Sarajevo San_Marino Skopje Stockholm Vaduz Vatican Zagreb",
  Indian: "Antananarivo Christmas Cocos Comoro Kerguelen Mahe Maldives Mayotte Reunion",
  Pacific: "Chuuk Funafuti Majuro Midway Pohnpei Ponape Saipan Samoa Truk Wake Wallis Yap",
};

const sureSince = new Map<string, number>([
  ...Object.entries(merged).flatMap(([region, names]) =>
    names.split(" ").map((name): [string, number] => [`${region}/${name}`, 1970]),
  ),
  ...["CET", "EST", "HST", "Iceland", "MET", "MST"].map((name): [string, number] => [name, 1970]),
  ...["America/Ensenada", "America/Santa_Isabel", "America/Tijuana", "Mexico/BajaNorte"].map(
    (name): [string, number] => [name, 1977],
  ),
  ...["EET", "WET"].map((name): [string, number] => [name, 1986]),
]);

/** The year since which all editions agree on the zone; null where they always did. */
export function disputedUntil(zone: string): number | null {
  return sureSince.get(zone) ?? null;
}

/** The same in microseconds since 1970; a zone that is not disputed has had no beginning. */
export function sureFrom(zone: string): bigint {
  const year = disputedUntil(zone);
  return year === null ? -(2n ** 62n) : BigInt(Date.UTC(year, 0, 2)) * 1000n;
}
