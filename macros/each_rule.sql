{#-
    `text` once for each of the 50 rules, its name in the place of RULE, with the separator between.
    The names are read from the rule lines themselves, so that a rule is written in no other list.
    With a `kind` of threshold, only the rules that read one of it (macro rules_with_threshold).

    What it is for: the totals of a transaction. In long form they are a group by over several
    million hits and a join of its result back to the wide rows, which takes longer than all 50
    rules. But a hit is a 0/1 column of the row at hand and its severity a column of one other row,
    so the totals are sums of 50 terms, which an engine adds up a column at a time.
-#}
{% macro each_rule(text, separator, kind=none) -%}
    {%- if kind is none -%}
        {%- set rules = modules.re.findall("as rule_([a-z0-9_]+)", rule_lines()) -%}
    {%- else -%}
        {%- set rules = rules_with_threshold(kind) -%}
    {%- endif -%}
    {{ return(each_name(rules, "RULE", text, separator)) }}
{%- endmacro %}

{#- `text` once for each name, the name in the place of a word, with the separator between. -#}
{% macro each_name(names, word, text, separator) -%}
    {%- set texts = [] -%}
    {%- for name in names -%}
        {%- do texts.append(text | replace(word, name)) -%}
    {%- endfor -%}
    {{ return(texts | join(separator ~ "\n        ")) }}
{%- endmacro %}
