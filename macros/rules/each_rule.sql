{#-
    Repeats `text` for each rule, with the rule's name in place of RULE, its column in place of FLAG
    and the separator in between. The names come from the rule lines.

    It was written for the totals of a transaction. In long form they would be a group by over
    several million hits, joined back to the wide rows, which takes longer than all 50 rules. But
    each flag is a 0/1 column of the same row, and its severity is a column of one other row. So the
    totals are sums of 50 terms, which an engine adds up column by column.
-#}
{% macro each_rule(text, separator, rule_set=none, kind=none) -%}
    {%- set of_kind = [] -%}
    {%- for name in threshold_names() if threshold_input(name).kind == kind -%}
        {%- do of_kind.append(name.split("__")[0]) -%}
    {%- endfor -%}
    {%- set texts = [] -%}
    {%- for prefix, name in modules.re.findall("as (rule_|network_rule_)([a-z0-9_]+)", all_rule_lines())
        if rule_set in (none, "network" if prefix == "network_rule_" else "notebook")
        and (kind is none or name in of_kind) -%}
        {%- do texts.append(text | replace("RULE", name) | replace("FLAG", prefix ~ name)) -%}
    {%- endfor -%}
    {{ return(texts | join(separator ~ "\n        ")) }}
{%- endmacro %}

{#- The CASE lines of both rule sets. -#}
{% macro all_rule_lines() -%}
    {{ return(rule_lines() ~ ",\n\n" ~ network_rule_lines()) }}
{%- endmacro %}

{#-
    Repeats `text` for each threshold, its name in place of THRESHOLD, in the order of the rules.
-#}
{% macro each_threshold(text, separator, kind=none, data_type=none) -%}
    {%- set names = [] -%}
    {%- for name in threshold_names()
        if kind in (none, threshold_input(name).kind)
        and data_type in (none, threshold_input(name).data_type) -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return(each_name(names, "THRESHOLD", text, separator)) }}
{%- endmacro %}

{#- Repeats `text` for each column that a rule reads, its name in place of INPUT. -#}
{% macro each_input(text, separator, but=()) -%}
    {%- set names = modules.re.findall("features\\.([a-z0-9_]+)", all_rule_lines()) -%}
    {{ return(each_name(names | unique | reject("in", but), "INPUT", text, separator)) }}
{%- endmacro %}

{#- Repeats `text` for each name, the name in place of `word`, with the separator in between. -#}
{% macro each_name(names, word, text, separator) -%}
    {%- set texts = [] -%}
    {%- for name in names -%}
        {%- do texts.append(text | replace(word, name)) -%}
    {%- endfor -%}
    {{ return(texts | join(separator ~ "\n        ")) }}
{%- endmacro %}
