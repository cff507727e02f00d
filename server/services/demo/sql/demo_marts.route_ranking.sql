-- The five busiest routes out of each airport.
SELECT
  origin,
  destination,
  flights,
  average_delay,
  late_share,
  RANK() OVER (PARTITION BY origin ORDER BY flights DESC) AS position,
  ROUND(flights / SUM(flights) OVER (PARTITION BY origin), 4) AS share_of_origin
FROM demo_core.routes
WHERE TRUE
QUALIFY RANK() OVER (PARTITION BY origin ORDER BY flights DESC) <= 5
