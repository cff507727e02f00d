{{ config(materialized="view") }}
select id, customer_id, cast(amount as numeric) as amount, date(ordered_at) as day
from {{ ref("orders") }}
where ordered_at >= "2024-05-01"
