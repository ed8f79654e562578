{#- The columns together are a key. Returns one row per combination that occurs twice or more. -#}
{% test unique_together(model, columns) %}
    select
        {{ columns | join(", ") }},
        count(*) as times
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}
