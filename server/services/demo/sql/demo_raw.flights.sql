SELECT id, departed_at, delay_minutes, distance_miles, origin, destination
FROM operations.flights
