{%- set rules = each_rule("RULE", "").split() -%}
-- Each flag set in the wide table is one alert, and each alert is a flag set there. The rules of a
-- transaction are the bits of one number here, as a join of all pairs takes twice as long.
with bits as (
    {%- for rule in rules %}
        select
            '{{ rule }}' as rule_name,
            cast({{ 2 ** loop.index0 }} as bigint) as flag
        union all
    {%- endfor %}
    select
        'a rule without a column' as rule_name,
        cast({{ 2 ** (rules | length) }} as bigint) as flag
),

both_sides as (
    select
        transaction_id,
        {%- for rule in rules %}
            case when rule_{{ rule }} = 1 then cast({{ 2 ** loop.index0 }} as bigint) else 0 end
            {{- " +" if not loop.last }}
        {%- endfor %} as flagged,
        cast(0 as bigint) as alerted
    from {{ ref('transactions') }}
    union all
    select
        alerts.transaction_id,
        cast(0 as bigint) as flagged,
        coalesce(bits.flag, cast({{ 2 ** (rules | length) }} as bigint)) as alerted
    from {{ ref('alerts') }} as alerts
    left join bits
        on alerts.rule_name = bits.rule_name
),

disagreeing as (
    select
        transaction_id,
        bit_or(flagged) as flagged,
        bit_or(alerted) as alerted
    from both_sides
    group by transaction_id
    having bit_or(flagged) != bit_or(alerted)
)

select
    disagreeing.transaction_id,
    bits.rule_name,
    case when (disagreeing.alerted & bits.flag) = 0 then 'no alert' else 'no flag' end as missing
from disagreeing
inner join bits
    on (disagreeing.flagged & bits.flag) != (disagreeing.alerted & bits.flag)
