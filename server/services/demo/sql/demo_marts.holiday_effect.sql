-- Traffic and delay in the days around each public holiday, against all days.
WITH network AS (
  SELECT
    day,
    SUM(departures) AS departures,
    SUM(late_departures) AS late_departures
  FROM demo_core.daily_traffic
  GROUP BY day
),
typical AS (
  SELECT AVG(departures) AS departures, SUM(late_departures) / SUM(departures) AS late_share
  FROM network
)
SELECT
  h.name AS holiday,
  h.day AS holiday_date,
  n.day,
  DATE_DIFF(n.day, h.day, DAY) AS days_from_holiday,
  n.departures,
  ROUND(n.departures / t.departures - 1, 4) AS traffic_against_typical,
  ROUND(n.late_departures / n.departures - t.late_share, 4) AS late_share_against_typical
FROM demo_raw.holidays AS h
JOIN network AS n
  ON n.day BETWEEN DATE_SUB(h.day, INTERVAL 3 DAY) AND DATE_ADD(h.day, INTERVAL 3 DAY)
CROSS JOIN typical AS t
