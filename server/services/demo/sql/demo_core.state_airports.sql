-- States with the airports that serve them, the busiest first.
SELECT
  state,
  COUNT(*) AS airport_count,
  ARRAY_AGG(iata ORDER BY departures DESC, iata) AS airports,
  SUM(departures) AS departures
FROM demo_core.airports
GROUP BY state
