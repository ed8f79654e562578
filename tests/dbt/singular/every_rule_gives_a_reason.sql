-- Each rule that fires says why. The test reads one alert per rule, because to compose every reason
-- takes longer.
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
