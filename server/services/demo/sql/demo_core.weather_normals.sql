-- What a calendar day is like in each city: four years of observations, averaged.
SELECT
  location AS city,
  EXTRACT(MONTH FROM day) AS month,
  EXTRACT(DAY FROM day) AS day_of_month,
  COUNT(*) AS years,
  ROUND(AVG(CAST(precipitation_mm AS FLOAT64)), 2) AS precipitation_mm,
  ROUND(AVG(CAST(temp_max AS FLOAT64)), 1) AS temp_max,
  ROUND(AVG(CAST(temp_min AS FLOAT64)), 1) AS temp_min,
  COUNTIF(weather IN ('Rain', 'Snow', 'Drizzle')) / COUNT(*) AS wet_share
FROM demo_raw.daily_weather
GROUP BY city, month, day_of_month
