{#-
    dbt's own test, and a quicker way for a view that takes the column from `to` by an inner join: of
    such a view no value is missing there, but a `key` of the table `looked_up_by` may be, whose rows
    the view then lacks.
-#}
{% test relationships(model, column_name, to, field, looked_up_by=none, key=none) %}
    {%- if looked_up_by is none -%}
        {{ dbt.default__test_relationships(model, column_name, to, field) }}
    {%- else -%}
        {{ dbt.default__test_relationships(looked_up_by, key, to, key) }}
    {%- endif -%}
{% endtest %}
