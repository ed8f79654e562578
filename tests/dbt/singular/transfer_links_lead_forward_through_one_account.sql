-- The earlier transfer enters the account that the later one leaves, and not after it.
select
    links.later_no,
    links.earlier_no
from {{ touched_only(ref('transfer_links')) }} as links
left join {{ ref('account_ledger') }} as outgoing
    on links.later_no = outgoing.transaction_no and outgoing.direction = 'out'
left join {{ ref('account_ledger') }} as incoming
    on links.earlier_no = incoming.transaction_no and incoming.direction = 'in'
where
    not coalesce(
        outgoing.account_id = incoming.account_id
        and incoming.timestamp <= outgoing.timestamp
        and links.later_no != links.earlier_no,
        false
    )
