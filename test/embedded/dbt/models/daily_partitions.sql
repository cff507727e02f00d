{{
  config(
    materialized="incremental",
    incremental_strategy="insert_overwrite",
    partition_by={"field": "day", "data_type": "date"},
    partitions=["date '2024-05-02'", "date '2024-05-03'"],
  )
}}
select day, sum(amount) as total
from {{ ref("recent_orders") }}
{% if is_incremental() %}
where day in (date '2024-05-02', date '2024-05-03')
{% endif %}
group by day
