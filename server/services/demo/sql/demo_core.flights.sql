-- One row a flight, by day. A flight is late from 15 minutes on, as the Department of Transportation counts.
SELECT
  id,
  DATE(departed_at) AS flight_date,
  departed_at,
  EXTRACT(HOUR FROM departed_at) AS departure_hour,
  origin,
  destination,
  CONCAT(origin, '-', destination) AS route,
  distance_miles,
  delay_minutes,
  delay_minutes >= 15 AS is_late
FROM demo_raw.flights
WHERE delay_minutes BETWEEN -60 AND 1440
