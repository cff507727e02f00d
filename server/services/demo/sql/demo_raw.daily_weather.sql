SELECT
  location,
  day,
  precipitation_mm,
  temp_max,
  temp_min,
  wind,
  upper(left(weather, 1)) || substr(weather, 2) AS weather
FROM operations.daily_weather
WHERE location IN ('Seattle', 'New York')
