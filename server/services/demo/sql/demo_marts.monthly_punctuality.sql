-- Share of punctual departures by airport and month, with the change on the month before.
SELECT
  month,
  airport,
  departures,
  ROUND(1 - SAFE_DIVIDE(late_departures, departures), 4) AS punctual_share,
  ROUND(
    SAFE_DIVIDE(late_departures, departures)
      - LAG(SAFE_DIVIDE(late_departures, departures)) OVER (PARTITION BY airport ORDER BY month),
    4
  ) AS late_change,
  RANK() OVER (PARTITION BY month ORDER BY SAFE_DIVIDE(late_departures, departures)) AS rank_in_month
FROM demo_core.monthly_departures
