{#-
    A project that uses this one as a package runs these hooks too, whatever it builds. They act on
    the nodes of this package only.
-#}
{% macro is_own(unique_id) -%}
    {{ return(unique_id.split(".")[1] == "smartsentry") }}
{%- endmacro %}

{#-
    `dbt retry` tells nobody what it selects. At home it may be anything; in another project the
    results say afterwards what it was.
-#}
{% macro own_nodes_of_this_run(results=[]) -%}
    {%- set ids = [] -%}
    {%- if execute -%}
        {%- do ids.extend(selected_resources) -%}
        {%- if not ids and project_name == "smartsentry" -%}
            {%- do ids.extend(graph.nodes) -%}
        {%- elif not ids -%}
            {%- do ids.extend(results | map(attribute="node.unique_id")) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(ids | select("in", own_nodes()) | list) }}
{%- endmacro %}

{% macro own_nodes() -%}
    {%- set ids = [] -%}
    {%- for unique_id in graph.nodes if is_own(unique_id) -%}
        {%- do ids.append(unique_id) -%}
    {%- endfor -%}
    {{ return(ids) }}
{%- endmacro %}

{% macro run_changes_models(results=[]) -%}
    {%- set changed = [] -%}
    {%- for unique_id in own_nodes_of_this_run(results)
        if unique_id.split(".")[0] in ("model", "seed") -%}
        {%- do changed.append(unique_id) -%}
    {%- endfor -%}
    {{ return(changed | length > 0) }}
{%- endmacro %}

{#- The ids of all that a query on these nodes reads: they, and through a view what it reads. -#}
{% macro read_by(node, found) -%}
    {%- for parent in node.depends_on.nodes if parent not in found -%}
        {%- do found.append(parent) -%}
        {%- set parent_node = graph.nodes.get(parent) -%}
        {%- if parent_node is not none
            and parent_node.config.materialized in ("view", "ephemeral", "table_function") -%}
            {%- do read_by(parent_node, found) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- A table that dbt fills by hooks; none where it is not built, or is a view onto another's. -#}
{% macro recorded_in(name, column) -%}
    {%- set node = graph.nodes.get("model.smartsentry." ~ name) if execute else none -%}
    {%- set relation = adapter.get_relation(node.database, node.schema, node.alias)
        if node is not none else none -%}
    {%- if relation is none or not relation.is_table -%}
        {{ return(none) }}
    {%- endif -%}
    {#- Without the column an older version wrote it. Not asked of the adapter, which would begin a
        transaction that a hook does not end. -#}
    {%- set columns = run_query("select * from " ~ relation ~ " limit 0").column_names -%}
    {{ return(relation if column in columns else none) }}
{%- endmacro %}
