-- One line an airport: size, reach, punctuality. This is the table that is extracted to files.
WITH latest AS (
  SELECT airport, punctual_share, rank_in_month
  FROM demo_marts.monthly_punctuality
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY airport ORDER BY month DESC) = 1
)
SELECT
  b.airport,
  b.name,
  b.place.city AS city,
  b.place.state AS state,
  b.flights,
  b.routes,
  ARRAY_LENGTH(s.airports) AS airports_in_state,
  b.top_destinations[OFFSET(0)].destination AS top_destination,
  l.punctual_share,
  l.rank_in_month AS punctuality_rank,
  IF(l.punctual_share >= 0.75, 'on target', 'below target') AS verdict
FROM demo_marts.busiest_airports AS b
JOIN latest AS l ON l.airport = b.airport
LEFT JOIN demo_core.state_airports AS s ON s.state = b.place.state
