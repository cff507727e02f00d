{{ config(cluster_by=["country"], labels={"kind": "mart"}) }}
select c.id, c.name, c.country, count(o.id) as orders, coalesce(sum(o.amount), 0) as total
from {{ ref("customers") }} as c
left join {{ ref("recent_orders") }} as o on o.customer_id = c.id
group by c.id, c.name, c.country
