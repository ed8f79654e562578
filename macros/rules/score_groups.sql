{#-
    The groups of the scorecard, each with the columns of its rules, in the order of the catalogue: a
    rule that is added at its end changes no earlier pattern.
-#}
{% macro score_groups() -%}
    {%- set group_of, groups = {}, {} -%}
    {%- for group, joined in joined_categories().items() -%}
        {%- for category in joined -%}
            {%- if category not in rule_categories().values() -%}
                {{ exceptions.raise_compiler_error(
                    "joined_categories(): " ~ category ~ " is no category of rule_catalogue.csv"
                ) }}
            {%- endif -%}
            {%- do group_of.update({category: group}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for column, category in rule_categories().items() -%}
        {%- do groups.setdefault(group_of.get(category, category), []).append(column) -%}
    {%- endfor -%}
    {{ return(groups) }}
{%- endmacro %}

{#-
    Repeats `text` for each group. A pattern is a whole number: the first rule of the group counts 1
    if it fired, the second 2, the third 4 and so on. The flags are read from `rules`.
-#}
{% macro each_score_group(text, separator) -%}
    {%- set texts = [] -%}
    {%- for group, columns in score_groups().items() -%}
        {%- set terms = [] -%}
        {%- for column in columns -%}
            {%- do terms.append(2 ** loop.index0 ~ " * coalesce(rules." ~ column ~ ", 0)") -%}
        {%- endfor -%}
        {%- do texts.append(
            text | replace("GROUP", group) | replace("PATTERN", terms | join(" + "))
        ) -%}
    {%- endfor -%}
    {{ return(texts | join(separator ~ "\n    ")) }}
{%- endmacro %}

{#- The group of the scorecard that a category of the catalogue belongs to. -#}
{% macro score_group_of(category) -%}
    case
        {%- for group, joined in joined_categories().items() %}
            when {{ category }} in ('{{ joined | join("', '") }}') then '{{ group }}'
        {%- endfor %}
        else {{ category }}
    end
{%- endmacro %}

{#- The names of the rules that fired in a pattern of a group, separated by commas. -#}
{% macro fired_rules(score_group, pattern) -%}
    {%- set branches = [] -%}
    {%- for group, columns in score_groups().items() -%}
        {%- set names = [] -%}
        {%- for column in columns -%}
            {%- set name = column.removeprefix("network_").removeprefix("rule_") -%}
            {%- do names.append(
                "case when (" ~ pattern ~ " & " ~ 2 ** loop.index0 ~ ") = " ~ 2 ** loop.index0
                ~ " then '" ~ name ~ "' end"
            ) -%}
        {%- endfor -%}
        {%- do branches.append(
            "when '" ~ group ~ "'\n            then concat_ws(\n                ', ',\n                "
            ~ names | join(",\n                ") ~ "\n            )"
        ) -%}
    {%- endfor -%}
    case
        when {{ pattern }} = 0 then 'no rule of this group'
        else case {{ score_group }}
            {{ branches | join("\n            ") }}
        end
    end
{%- endmacro %}
