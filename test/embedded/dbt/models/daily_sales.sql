{{
  config(
    materialized="incremental",
    incremental_strategy="merge",
    unique_key="day",
    partition_by={"field": "day", "data_type": "date"},
  )
}}
select day, count(*) as orders, sum(amount) as total, {{ var("run", 1) }} as made_by_run
from {{ ref("recent_orders") }}
{% if is_incremental() %}
where day >= (select max(day) from {{ this }})
{% endif %}
group by day
