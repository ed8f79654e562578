{#-
    `text` once for each rule, its name in the place of RULE, with the separator between. The names
    are read from the rule lines.

    What it is for: the totals of a transaction. In long form they are a group by over several
    million hits and a join of its result back to the wide rows, which takes longer than all 50
    rules. But a hit is a 0/1 column of the row at hand and its severity a column of one other row,
    so the totals are sums of 50 terms, which an engine adds up a column at a time.
-#}
{% macro each_rule(text, separator, kind=none) -%}
    {%- set rules = [] -%}
    {%- if kind is none -%}
        {%- do rules.extend(modules.re.findall("as rule_([a-z0-9_]+)", rule_lines())) -%}
    {%- else -%}
        {%- for name in threshold_names() if threshold_input(name).kind == kind -%}
            {%- do rules.append(name.split("__")[0]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(each_name(rules | unique, "RULE", text, separator)) }}
{%- endmacro %}

{#- `text` once for each threshold, its name in the place of THRESHOLD, in the order of the rules. -#}
{% macro each_threshold(text, separator, inputs=none, data_type=none) -%}
    {%- set names = [] -%}
    {%- for name in threshold_names()
        if (inputs is none or name.split("__")[1] in inputs)
        and (data_type is none or threshold_input(name).data_type == data_type) -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return(each_name(names, "THRESHOLD", text, separator)) }}
{%- endmacro %}

{#- `text` once for each column that a rule reads, its name in the place of INPUT. -#}
{% macro each_input(text, separator, but=()) -%}
    {%- set names = modules.re.findall("features\\.([a-z0-9_]+)", rule_lines()) -%}
    {{ return(each_name(names | unique | reject("in", but), "INPUT", text, separator)) }}
{%- endmacro %}

{#- `text` once for each name, the name in the place of a word, with the separator between. -#}
{% macro each_name(names, word, text, separator) -%}
    {%- set texts = [] -%}
    {%- for name in names -%}
        {%- do texts.append(text | replace(word, name)) -%}
    {%- endfor -%}
    {{ return(texts | join(separator ~ "\n        ")) }}
{%- endmacro %}
