-- Departures and arrivals of each airport and day.
WITH movements AS (
  SELECT flight_date, origin AS airport, 1 AS departures, 0 AS arrivals, delay_minutes, is_late
  FROM demo_core.flights
  UNION ALL
  SELECT flight_date, destination, 0, 1, NULL, NULL
  FROM demo_core.flights
)
SELECT
  flight_date AS day,
  airport,
  SUM(departures) AS departures,
  SUM(arrivals) AS arrivals,
  COUNTIF(is_late) AS late_departures,
  ROUND(AVG(delay_minutes), 2) AS average_delay,
  MAX(delay_minutes) AS worst_delay
FROM movements
GROUP BY day, airport
