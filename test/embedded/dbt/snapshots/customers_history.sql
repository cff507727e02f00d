{% snapshot customers_history %}
{{ config(target_schema="shop", unique_key="id", strategy="check", check_cols=["country"]) }}
select id, name, country from {{ ref("customers") }}
{% endsnapshot %}
