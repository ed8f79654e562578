{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

-- One row per transaction and fired rule. In DuckDB it is a view: the hits are narrow, and a query
-- looks up the other columns and composes the reason. On Spark it is a table, because readers open
-- Parquet files.

with rule_hits as (
    select * from {{ ref('rule_hits') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

rule_thresholds as (
    select * from {{ ref('rule_thresholds') }}
),

snooze_hits as (
    select * from {{ ref('snooze_hits') }}
),

-- Two snoozes may hide the same alert.
snoozed as (
    select distinct
        transaction_no,
        rule_name
    from snooze_hits
),

-- The thresholds in force as text: ₹8,500 and not ₹8,500.00, 4 and not 4.0000.
limits as (
    select
        {{ each_threshold(
            "regexp_replace(" ~ money_said("THRESHOLD") ~ ", '[.]00$', '') as THRESHOLD",
            ",",
            data_type="decimal(18,2)",
        ) }},
        {{ each_threshold(
            "regexp_replace(cast(THRESHOLD as string), '[.]?0+$', '') as THRESHOLD",
            ",",
            data_type="decimal(18,4)",
        ) }},
        {{ each_threshold("cast(THRESHOLD as string) as THRESHOLD", ",", data_type="integer") }},
        regexp_replace(
            {{ money_said("cast(" ~ round_amount_step() ~ " as decimal(18, 2))") }}, '[.]00$', ''
        ) as round_amount_step
    from rule_thresholds
),

hits as (
    select
        rule_hits.rule_name,
        transactions.*, -- noqa: RF02
        {{ money_said('transactions.amount') }} as amount_said,
        case transactions.debit_credit when 'credit' then 'Credit of ' else 'Debit of ' end
        || {{ money_said('transactions.amount') }} as movement_said,
        case transactions.debit_credit
            when 'credit' then 'Credit from beneficiary '
            else 'Debit to beneficiary '
        end || transactions.beneficiary_id as payment_said,
        case transactions.debit_credit when 'credit' then ' from ' else ' to ' end
        || case
            when transactions.receiver_account_id is not null
                then 'account ' || transactions.receiver_account_id
            else 'beneficiary ' || transactions.beneficiary_id
        end as counterparty_said,
        {{ money_said('transactions.net_in_amount_48h') }} || ' came in and '
        || {{ money_said('transactions.net_out_amount_48h') }}
        || ' went out within 48 hours: the smaller sum is '
        || transactions.net_pass_through_ratio_48h
        || ' of the larger, at or above ' as passed_on_said,
        substr(cast(transactions.timestamp as string), 12, 8) as time_said
    from rule_hits
    inner join transactions
        on rule_hits.transaction_no = transactions.transaction_no
)

select
    hits.transaction_id || '-' || hits.rule_name as alert_id,
    hits.transaction_id,
    hits.rule_name,
    rule_catalogue.rule_set,
    rule_catalogue.severity,
    rule_catalogue.category,
    hits.timestamp,
    hits.customer_id,
    hits.sender_account_id,
    hits.amount,
    coalesce(
        {{ rule_reasons() | indent(8) }},
        {{ network_reasons() | indent(8) }}
    ) as reason,
    cast(snoozed.rule_name is not null as tinyint) as is_snoozed
from hits
cross join limits
inner join rule_catalogue
    on hits.rule_name = rule_catalogue.rule_name
left join snoozed
    on
        hits.transaction_no = snoozed.transaction_no
        and hits.rule_name = snoozed.rule_name
