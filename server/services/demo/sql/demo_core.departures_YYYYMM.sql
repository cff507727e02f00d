-- One of the monthly shards that demo_core.monthly_departures reads together.
SELECT
  flight_date,
  origin,
  destination,
  delay_minutes,
  is_late
FROM demo_core.flights
WHERE DATE_TRUNC(flight_date, MONTH) = DATE '{{month}}'
