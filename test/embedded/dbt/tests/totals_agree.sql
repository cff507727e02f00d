select total from (
  select (select sum(total) from {{ ref("customer_totals") }}) - (select sum(total) from {{ ref("daily_sales") }}) as total
)
where total <> 0
