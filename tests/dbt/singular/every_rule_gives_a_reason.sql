-- Each rule that fires says why: one alert of each, as composing all of them takes longer.
{%- set transactions_of_first_hits %}
    select transactions.transaction_id
    from {{ ref('transactions') }} as transactions
    where
        transactions.transaction_no in (
            select min(rule_hits.transaction_no)
            from {{ ref('rule_hits') }} as rule_hits
            group by rule_hits.rule_name
        )
    order by transactions.transaction_id
{% endset %}
select alert_id
from {{ ref('alerts') }}
where
    transaction_id in ({{ as_constants(transactions_of_first_hits, ref('transactions')) }})
    and (reason is null or reason not like '%.')
