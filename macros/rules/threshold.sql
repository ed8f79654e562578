{#- The thresholds that the rule lines read, `<rule>__<input>`, in their order. -#}
{% macro threshold_names() -%}
    {%- set names = modules.re.findall("limits\\.([a-z0-9_]+__[a-z0-9_]+)", all_rule_lines()) -%}
    {{ return(names | unique | list) }}
{%- endmacro %}

{#- What a threshold's input says about it: data_type, kind, unit. -#}
{% macro threshold_input(name) -%}
    {%- set input = name.split("__")[1] -%}
    {%- if input not in threshold_inputs() -%}
        {{ exceptions.raise_compiler_error(
            "threshold " ~ name ~ ": nothing is known of the input " ~ input
            ~ ", add it to threshold_inputs() or use one of "
            ~ threshold_inputs().keys() | join(", ")
        ) }}
    {%- endif -%}
    {{ return(threshold_inputs()[input]) }}
{%- endmacro %}

{#-
    The checked value of one threshold, as a typed SQL literal.

    A var reaches SQL as text. So this macro refuses anything but a plain number from 0 up, and any
    number that the threshold's column cannot hold exactly. dbt then stops while it parses the
    project, before any SQL runs. A threshold of money becomes one in the data's money.
-#}
{% macro threshold(name) -%}
    {%- set data_type = threshold_input(name).data_type -%}
    {%- set decimals = {"decimal(18,2)": 2, "decimal(18,4)": 4, "integer": 0}[data_type] -%}
    {%- set limit = 2147483648 if data_type == "integer" else 1e14 -%}
    {%- set given = plain_number(name, decimals) -%}
    {%- if given is none or var(name) >= limit -%}
        {{ exceptions.raise_compiler_error(
            "threshold " ~ name ~ ": got " ~ var_as_given(name) ~ ", allowed is a "
            ~ ("whole number from 0 to 2147483647" if data_type == "integer" else
                "number from 0 to below 1e14 with at most " ~ decimals
                ~ " decimals and 15 digits, written without an exponent")
        ) }}
    {%- endif -%}
    {%- set text = in_data_money(given) if data_type == "decimal(18,2)" else given -%}
    {%- if text | float >= limit -%}
        {{ exceptions.raise_compiler_error(
            "threshold " ~ name ~ ": got " ~ given ~ ", which is " ~ text ~ " with money_unit "
            ~ money_unit() ~ ", allowed is a result below 1e14"
        ) }}
    {%- endif -%}
    cast({{ text }} as {{ data_type | replace(",", ", ") }})
{%- endmacro %}

{#-
    The text of a var that is a plain number from 0 up with at most so many decimals; none if it is
    anything else.
-#}
{% macro plain_number(name, decimals) -%}
    {%- set value = var(name) -%}
    {%- set typed = text_on_command_line(name, value) -%}
    {%- set text = value ~ "" if typed is none else typed -%}
    {%- set plain = modules.re.fullmatch(
        "(?:0|[1-9][0-9]*)(?:[.](?=[0-9])([0-9]*?)0*)?", text
    ) -%}
    {#- YAML keeps 15 digits of a float as they were written. -#}
    {%- set is_exact = value is number and value is not boolean
        and plain is not none and text | float == value
        and (plain.group(1) or "") | length <= decimals
        and (value is not float or text | replace(".", "") | length <= 15) -%}
    {{ return(text if is_exact else none) }}
{%- endmacro %}

{#- A var as a message shows it: as it was typed, or as JSON if it is no number. -#}
{% macro var_as_given(name) -%}
    {%- set value = var(name) -%}
    {%- set typed = text_on_command_line(name, value) -%}
    {%- set is_json = value is string or value is boolean or value is none -%}
    {%- set is_number = value is number and value is not boolean -%}
    {{ return(value | tojson if is_json else value if typed is none or not is_number else typed) }}
{%- endmacro %}

{#-
    Every threshold, as a column of its own. Whatever dbt does with other vars than before, it parses
    the model that calls this: a misspelt var is refused here, by `show` and `compile` too.
-#}
{% macro thresholds_in_force() -%}
    {%- do require_known_vars() -%}
    {%- set columns = [] -%}
    {%- for name in threshold_names() -%}
        {%- do columns.append(threshold(name) ~ " as " ~ name) -%}
    {%- endfor -%}
    {{ return(columns | join(",\n    ")) }}
{%- endmacro %}

{#-
    How a var with this value was written after `--vars`; none if the value comes from elsewhere.
    YAML reads `010` as 8 and `200:00` as 12000, so only the text tells them from 8 and 12000.
-#}
{% macro text_on_command_line(name, value) -%}
    {%- set given = invocation_args_dict.vars or {} -%}
    {%- set spelt = modules.re.findall(
        name ~ "[\"']?\\s*:\\s*([^\\s,}]+)", flags.INVOCATION_COMMAND
    ) -%}
    {{ return(spelt[-1] if spelt and name in given and given[name] == value else none) }}
{%- endmacro %}
