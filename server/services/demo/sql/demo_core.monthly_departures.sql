-- Departures of each airport and month, over all the monthly shards.
SELECT
  DATE(2001, CAST(_TABLE_SUFFIX AS INT64), 1) AS month,
  origin AS airport,
  COUNT(*) AS departures,
  COUNTIF(is_late) AS late_departures,
  ROUND(AVG(delay_minutes), 2) AS average_delay,
  COUNT(DISTINCT destination) AS destinations
FROM `demo_core.departures_2001*`
WHERE _TABLE_SUFFIX BETWEEN '01' AND '06'
GROUP BY month, airport
