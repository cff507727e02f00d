-- The whole network in one row, for the first chart of a dashboard.
SELECT
  (SELECT COUNT(*) FROM demo_core.flights) AS flights,
  (SELECT MIN(flight_date) FROM demo_core.flights) AS first_day,
  (SELECT MAX(flight_date) FROM demo_core.flights) AS last_day,
  COUNT(*) AS airports,
  COUNTIF(verdict = 'on target') AS airports_on_target,
  ROUND(AVG(punctual_share), 4) AS average_punctual_share,
  ARRAY_AGG(airport ORDER BY flights DESC, airport LIMIT 3) AS largest,
  (SELECT MAX(week_average) FROM demo_marts.delay_trend) AS worst_week_average
FROM demo_marts.airport_scorecard
