-- A rule has a CASE column and a catalogue row; this test names a rule that lacks one of them.
with rule_columns as (
    select substr(column_name, 6) as rule_name
    from {{ existing_columns([ref("transaction_rules")]) }}
    where column_name like 'rule!_%' escape '!'
),

catalogue as (
    select rule_name from {{ ref('rule_catalogue') }}
)

select
    coalesce(rule_columns.rule_name, catalogue.rule_name) as rule_name,
    case
        when catalogue.rule_name is null then 'no row in rule_catalogue.csv'
        else 'no CASE column in rule_lines.sql'
    end as missing
from rule_columns
full join catalogue
    on rule_columns.rule_name = catalogue.rule_name
where rule_columns.rule_name is null or catalogue.rule_name is null
