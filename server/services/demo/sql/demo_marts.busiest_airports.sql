-- Airports by departures, each with its top destinations as an array.
SELECT
  r.origin AS airport,
  ANY_VALUE(a.name) AS name,
  STRUCT(ANY_VALUE(a.city) AS city, ANY_VALUE(a.state) AS state) AS place,
  SUM(r.flights) AS flights,
  COUNT(*) AS routes,
  ARRAY_AGG(
    STRUCT(r.destination AS destination, r.flights AS flights, r.late_share AS late_share)
    ORDER BY r.flights DESC, r.destination
    LIMIT 5
  ) AS top_destinations
FROM demo_core.routes AS r
JOIN demo_core.airports AS a ON a.iata = r.origin
GROUP BY airport
