-- The airports that flights use, each with its place as one value.
SELECT
  a.iata,
  a.name,
  a.city,
  a.state,
  STRUCT(a.latitude AS latitude, a.longitude AS longitude) AS position,
  used.departures
FROM demo_raw.airports AS a
JOIN (
  SELECT origin, COUNT(*) AS departures
  FROM demo_raw.flights
  GROUP BY origin
) AS used
  ON used.origin = a.iata
