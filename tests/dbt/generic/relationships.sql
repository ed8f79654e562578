{#-
    dbt's own test, with a faster way for a view that takes the column from `to` by an inner join.
    No value of such a view can be missing from `to`. But a `key` of the table `looked_up_by` may be
    missing there, and then the view lacks its rows.
-#}
{% test relationships(model, column_name, to, field, looked_up_by=none, key=none) %}
    {%- if looked_up_by is none -%}
        {{ dbt.default__test_relationships(model, column_name, to, field) }}
    {%- else -%}
        {{ dbt.default__test_relationships(looked_up_by, key, to, key) }}
    {%- endif -%}
{% endtest %}
