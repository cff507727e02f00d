-- How delays go with what the calendar day's weather usually is, for the cities with observations.
WITH stations AS (
  SELECT airport, city
  FROM UNNEST([
    STRUCT('SEA' AS airport, 'Seattle' AS city),
    STRUCT('EWR' AS airport, 'New York' AS city),
    STRUCT('LGA' AS airport, 'New York' AS city)
  ])
)
SELECT
  s.city,
  CASE
    WHEN w.precipitation_mm >= 5 THEN 'wet'
    WHEN w.precipitation_mm >= 2 THEN 'unsettled'
    ELSE 'dry'
  END AS usual_weather,
  COUNT(DISTINCT t.day) AS days,
  SUM(t.departures) AS departures,
  ROUND(SUM(t.late_departures) / SUM(t.departures), 4) AS late_share,
  ROUND(AVG(w.temp_max), 1) AS usual_temp_max
FROM demo_core.daily_traffic AS t
JOIN stations AS s ON s.airport = t.airport
JOIN demo_core.weather_normals AS w
  ON w.city = s.city
  AND w.month = EXTRACT(MONTH FROM t.day)
  AND w.day_of_month = EXTRACT(DAY FROM t.day)
WHERE t.departures > 0
GROUP BY s.city, usual_weather
