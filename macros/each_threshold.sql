{#-
    `text` once for each threshold, its column of `rule_thresholds` in the place of THRESHOLD, with
    the separator between. The names are read from the rule lines, in the order of the rules.

    inputs  only thresholds of these: `<rule>__<input>`
-#}
{% macro each_threshold(text, separator, inputs=none) -%}
    {%- set names = [] -%}
    {%- for name, input in modules.re.findall("limits\\.([a-z0-9_]+?__([a-z_]+))", rule_lines())
        if (inputs is none or input in inputs) and name not in names -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return(each_name(names, "THRESHOLD", text, separator)) }}
{%- endmacro %}
