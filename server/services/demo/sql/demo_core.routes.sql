-- Each route with its distance, its flights and how late they leave.
SELECT
  f.route,
  f.origin,
  f.destination,
  o.city AS origin_city,
  d.city AS destination_city,
  MAX(f.distance_miles) AS distance_miles,
  COUNT(*) AS flights,
  ROUND(AVG(f.delay_minutes), 2) AS average_delay,
  ROUND(SAFE_DIVIDE(COUNTIF(f.is_late), COUNT(*)), 4) AS late_share
FROM demo_core.flights AS f
JOIN demo_core.airports AS o ON o.iata = f.origin
JOIN demo_core.airports AS d ON d.iata = f.destination
GROUP BY f.route, f.origin, f.destination, origin_city, destination_city
HAVING COUNT(*) >= 30
