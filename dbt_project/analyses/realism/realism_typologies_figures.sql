-- The share of fraud, and how many of the patterns that AMLworld names occur.
select
    avg(label) as rate,
    count(distinct fraud_type) filter (
        where fraud_type in (
            'fan_in', 'fan_out', 'cycle', 'scatter_gather', 'gather_scatter', 'bipartite', 'stack'
        )
    ) as patterns
from transactions
