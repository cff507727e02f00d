-- The arrays of demo_marts.busiest_airports, one row an element again.
SELECT
  b.airport,
  b.place.city AS city,
  rank + 1 AS rank,
  top.destination,
  top.flights,
  ROUND(SAFE_DIVIDE(top.flights, b.flights), 4) AS share
FROM demo_marts.busiest_airports AS b
CROSS JOIN UNNEST(b.top_destinations) AS top WITH OFFSET AS rank
