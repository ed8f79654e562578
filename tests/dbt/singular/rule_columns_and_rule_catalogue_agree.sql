-- A rule has a CASE column and a catalogue row, whose set gives the column its prefix. This test
-- names a rule that lacks one of them.
with rule_columns as (
    select column_name as rule_column
    from {{ existing_columns([ref("transaction_rules")]) }}
    where
        column_name like 'rule!_%' escape '!'
        or column_name like 'network!_rule!_%' escape '!'
),

catalogue as (
    select
        case rule_set when 'network' then 'network_rule_' else 'rule_' end || rule_name
            as rule_column
    from {{ ref('rule_catalogue') }}
)

select
    coalesce(rule_columns.rule_column, catalogue.rule_column) as rule_column,
    case
        when catalogue.rule_column is null then 'no row in rule_catalogue.csv'
        else 'no CASE column in the lines of its set'
    end as missing
from rule_columns
full join catalogue
    on rule_columns.rule_column = catalogue.rule_column
where rule_columns.rule_column is null or catalogue.rule_column is null
