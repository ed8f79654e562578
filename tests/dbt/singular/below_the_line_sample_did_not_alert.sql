-- No sampled transaction alerted, and each threshold of the sweep has samples.
select
    samples.rule_name,
    samples.transaction_id as found
from {{ ref('below_the_line_sample') }} as samples
inner join {{ ref('transactions') }} as transactions
    on samples.transaction_id = transactions.transaction_id
inner join {{ ref('rule_hits') }} as rule_hits
    on
        transactions.transaction_no = rule_hits.transaction_no
        and samples.rule_name = rule_hits.rule_name

union all

select
    sweep.rule_name,
    'no sample for ' || sweep.input_name as found
from {{ ref('threshold_sweep') }} as sweep
left join {{ ref('below_the_line_sample') }} as samples
    on
        sweep.rule_name = samples.rule_name
        and sweep.input_name = samples.input_name
where sweep.is_in_force = 1 and samples.rule_name is null
