-- When delays build up: departures by weekday and hour.
SELECT
  EXTRACT(DAYOFWEEK FROM flight_date) AS weekday,
  departure_hour,
  COUNT(*) AS departures,
  ROUND(AVG(delay_minutes), 2) AS average_delay,
  ROUND(SAFE_DIVIDE(COUNTIF(delay_minutes >= 60), COUNT(*)), 4) AS long_delay_share,
  CASE
    WHEN departure_hour BETWEEN 5 AND 10 THEN 'morning'
    WHEN departure_hour BETWEEN 11 AND 16 THEN 'afternoon'
    WHEN departure_hour BETWEEN 17 AND 22 THEN 'evening'
    ELSE 'night'
  END AS part_of_day
FROM demo_core.flights
GROUP BY weekday, departure_hour
