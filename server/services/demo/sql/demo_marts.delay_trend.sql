-- Delay by day with its average over the week before, and the change against that week.
WITH days AS (
  SELECT
    day,
    SUM(departures) AS departures,
    SUM(late_departures) AS late_departures,
    SUM(average_delay * departures) / SUM(departures) AS average_delay
  FROM demo_core.daily_traffic
  WHERE departures > 0
  GROUP BY day
)
SELECT
  day,
  EXTRACT(DAYOFWEEK FROM day) AS weekday,
  departures,
  ROUND(average_delay, 2) AS average_delay,
  ROUND(AVG(average_delay) OVER week, 2) AS week_average,
  ROUND(average_delay - LAG(average_delay, 7) OVER (ORDER BY day), 2) AS change_on_week,
  ROUND(late_departures / departures, 4) AS late_share
FROM days
WINDOW week AS (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)
