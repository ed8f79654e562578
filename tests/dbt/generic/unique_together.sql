{#- Together the columns are a key: no combination occurs twice. One row per repeated one. -#}
{% test unique_together(model, columns) %}
    select
        {{ columns | join(", ") }},
        count(*) as times
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
