-- Bird strikes by state, with the species most often struck.
WITH by_species AS (
  SELECT state, species, COUNT(*) AS strikes, SUM(cost_usd) AS cost_usd
  FROM demo_raw.bird_strikes
  WHERE state IS NOT NULL AND species IS NOT NULL
  GROUP BY state, species
)
SELECT
  state,
  SUM(strikes) AS strikes,
  SUM(cost_usd) AS cost_usd,
  COUNT(*) AS species_count,
  STRING_AGG(species, ', ' ORDER BY strikes DESC, species LIMIT 3) AS most_struck
FROM by_species
GROUP BY state
