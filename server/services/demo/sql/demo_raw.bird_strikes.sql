SELECT
  id,
  struck_on,
  airport_name,
  origin_state AS state,
  species,
  wildlife_size,
  lower(phase_of_flight) AS phase_of_flight,
  coalesce(cost_total, 0) AS cost_usd
FROM operations.bird_strikes
WHERE struck_on >= date '1995-01-01'
