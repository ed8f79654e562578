-- The cases: what a team looks at, one row each.

with case_transactions as (
    select * from {{ ref('case_transactions') }}
),

rule_hits as (
    select * from {{ ref('rule_hits') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

rule_patterns as (
    select * from {{ ref('rule_patterns') }}
),

scorecard as (
    select * from {{ ref('scorecard') }}
),

case_decisions as (
    select * from {{ ref('case_decisions') }}
),

qualifying as (
    select * from case_transactions
    where membership = 'qualifying'
),

per_case as (
    select
        case_id,
        customer_id,
        min(timestamp) as opened_at,
        max(timestamp) as last_qualifying_at,
        count(*) as qualifying_transactions,
        sum(case when debit_credit = 'credit' then amount else 0 end) as amount_in,
        sum(case when debit_credit = 'debit' then amount else 0 end) as amount_out,
        max(priority_score) as highest_priority_score,
        max(rule_risk_score) as highest_rule_risk_score,
        count(distinct sender_account_id) as accounts,
        count(distinct beneficiary_id)
        + count(distinct case
            when receiver_account_id != sender_account_id then receiver_account_id
        end) as counterparties,
        min(case when alerts > 0 and alerts = snoozed_alerts then 1 else 0 end) as is_snoozed
    from qualifying
    group by case_id, customer_id
),

hits as (
    select
        case_transactions.case_id,
        rule_hits.transaction_no,
        rule_hits.rule_name,
        {{ score_group_of('rule_catalogue.category') | indent(8) }} as score_group,
        rule_catalogue.severity
    from case_transactions
    inner join rule_hits
        on case_transactions.transaction_no = rule_hits.transaction_no
    inner join rule_catalogue
        on rule_hits.rule_name = rule_catalogue.rule_name
),

fired as (
    select
        case_id,
        count(*) as alerts,
        count(distinct rule_name) as distinct_rules,
        max(severity) as worst_severity
    from hits
    group by case_id
),

-- The transaction that a reader should see first; of equally strong ones the earliest.
strongest as (
    select
        case_id,
        transaction_no,
        transaction_id,
        timestamp,
        sender_account_id,
        debit_credit,
        amount
    from qualifying
    qualify row_number() over (
        partition by case_id order by priority_score desc, timestamp asc, transaction_no asc
    ) = 1
),

strongest_patterns as (
    select
        rule_patterns.transaction_no,
        rule_patterns.score_month,
        {{ each_score_group("rule_patterns.GROUP", ",") | indent(4) }}
    from rule_patterns
    inner join strongest
        on rule_patterns.transaction_no = strongest.transaction_no
),

by_group as (
    select
        transaction_no,
        score_month,
        score_group,
        pattern
    from strongest_patterns
    unpivot (
        pattern for score_group in (
            {{ each_score_group("GROUP", ",") | indent(8) }}
        )
    )
),

-- Of equally severe rules a reader should see first those that say most: by the points of the
-- group, which are the same for all of its rules and unknown in a month without a scorecard.
strongest_hits as (
    select
        hits.case_id,
        hits.rule_name,
        row_number() over (
            partition by hits.case_id
            order by
                hits.severity desc,
                coalesce(scorecard.points, 0) desc,
                hits.rule_name asc
        ) as place
    from hits
    inner join strongest
        on hits.transaction_no = strongest.transaction_no
    left join by_group
        on
            hits.transaction_no = by_group.transaction_no
            and hits.score_group = by_group.score_group
    left join scorecard
        on
            by_group.score_month = scorecard.month
            and by_group.score_group = scorecard.score_group
            and by_group.pattern = scorecard.pattern
),

strongest_rules as (
    select
        case_id,
        count(*) as rules,
        {{ listagg(
            "case when place <= 3 then rule_name end", "', '", "order by place"
        ) }} as first_rules
    from strongest_hits
    group by case_id
)

select
    per_case.case_id,
    per_case.customer_id,
    per_case.opened_at,
    per_case.last_qualifying_at,
    cast(per_case.qualifying_transactions as integer) as qualifying_transactions,
    cast(coalesce(fired.alerts, 0) as integer) as alerts,
    cast(coalesce(fired.distinct_rules, 0) as integer) as distinct_rules,
    cast(per_case.amount_in as decimal(18, 2)) as amount_in,
    cast(per_case.amount_out as decimal(18, 2)) as amount_out,
    cast(coalesce(fired.worst_severity, 0) as integer) as worst_severity,
    {{ case_priority('per_case.highest_priority_score', 'per_case.qualifying_transactions') }}
        as priority,
    per_case.highest_priority_score,
    per_case.highest_rule_risk_score,
    case strongest.debit_credit when 'credit' then 'Credit of ' else 'Debit of ' end
    || {{ money_said('strongest.amount') }}
    || ' on account ' || strongest.sender_account_id
    || ', ' || substr(cast(strongest.timestamp as string), 1, 10)
    || ' at ' || substr(cast(strongest.timestamp as string), 12, 8)
    || ' (' || strongest.transaction_id || '): '
    || case
        when strongest_rules.rules is null then 'no rule alerts.'
        when strongest_rules.rules = 1 then '1 rule alerts, ' || strongest_rules.first_rules || '.'
        when strongest_rules.rules <= 3
            then
                cast(strongest_rules.rules as string) || ' rules alert, '
                || strongest_rules.first_rules || '.'
        else
            cast(strongest_rules.rules as string) || ' rules alert, among them '
            || strongest_rules.first_rules || '.'
    end
    || case per_case.qualifying_transactions
        when 1 then ''
        when 2 then ' 1 more transaction qualifies.'
        else
            ' ' || cast(per_case.qualifying_transactions - 1 as string)
            || ' more transactions qualify.'
    end as main_reasons,
    cast(per_case.accounts as integer) as accounts,
    cast(per_case.counterparties as integer) as counterparties,
    -- A decision holds for what had happened until then.
    case
        when
            case_decisions.decision in ('confirmed', 'cleared', 'escalated')
            and per_case.last_qualifying_at <= case_decisions.decided_at
            then case_decisions.decision
        else 'open'
    end as status,
    case_decisions.decision,
    case_decisions.decided_at,
    case_decisions.decided_by,
    cast(per_case.is_snoozed as tinyint) as is_snoozed
from per_case
inner join strongest
    on per_case.case_id = strongest.case_id
left join strongest_rules
    on per_case.case_id = strongest_rules.case_id
left join fired
    on per_case.case_id = fired.case_id
left join case_decisions
    on
        per_case.case_id = case_decisions.case_id
        and case_decisions.is_last = 1
