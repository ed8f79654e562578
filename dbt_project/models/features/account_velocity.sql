{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched(ref('stg_transactions')) }}",
) }}

-- What an account did up to each of its transactions. Every frame is [t - W, t] in seconds, so rows
-- of the same second count each other and no later row is read. The seconds are integers, because
-- DuckDB finds the edge of a frame by comparisons, and integers compare faster than timestamps.

with transactions as (
    select
        transaction_no,
        sender_account_id,
        amount,
        {{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }} as unix_time
    from {{ ref('stg_transactions') }}
    where {{ is_in_reach(2592000, "sender_account_id", ref('stg_transactions')) }}
),

{% if is_day() -%}
    -- What a day cannot see in its windows: how many rows there were, and when the last was.
    earlier as ( -- noqa: ST03
        select
            sender_account_id,
            count(*) as rows_before,
            max({{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }}) as last_unix_time
        from {{ ref('stg_transactions') }}
        where timestamp < {{ seam(2592000) }}
        group by sender_account_id
    ),

{% endif -%}
dormant_accounts as (
    select * from {{ ref('stg_dormant_accounts') }}
),

inactive_accounts as (
    select * from {{ ref('stg_inactive_accounts') }}
),

generation_run as (
    select * from {{ ref('stg_generation_run') }}
),

windowed as (
    select
        transaction_no,
        sender_account_id,
        unix_time,
        amount,

        count(*) over last_1hr as txn_count_last_1hr,
        count(*) over last_24hr as txn_count_last_24hr,
        count(*) over last_7d as txn_count_last_7d,
        count(*) over last_30d as txn_count_last_30d,

        sum(amount) over last_24hr as total_amount_last_24hr,
        sum(amount) over last_7d as total_amount_last_7d,
        sum(amount) over last_30d as total_amount_last_30d,

        -- [t - 30d, t): a spike must not dilute the baseline that it is measured against. The
        -- baseline is the 30-day window less the few rows of the same second, so it needs no fifth
        -- wide frame.
        count(*) over last_30d - count(*) over same_second as baseline_count,
        sum(amount) over last_30d - sum(amount) over same_second as baseline_sum,
        sum(cast(amount as decimal(38, 2)) * amount) over last_30d
        - sum(cast(amount as decimal(38, 2)) * amount) over same_second as baseline_sum_of_squares,

        row_number() over in_order as txn_velocity_cumulative,
        unix_time - lag(unix_time) over in_order as seconds_since_previous
    from transactions
    window
        last_1hr as (
            partition by sender_account_id order by unix_time
            range between 3600 preceding and current row
        ),
        last_24hr as (
            partition by sender_account_id order by unix_time
            range between 86400 preceding and current row
        ),
        last_7d as (
            partition by sender_account_id order by unix_time
            range between 604800 preceding and current row
        ),
        last_30d as (
            partition by sender_account_id order by unix_time
            range between 2592000 preceding and current row
        ),
        same_second as (
            partition by sender_account_id order by unix_time
            range between current row and current row
        ),
        in_order as (
            partition by sender_account_id order by unix_time, transaction_no
        )
)

{%- if is_day() -%}
    ,

    continued as ( -- noqa: ST03
        select
            windowed.* replace (
                windowed.txn_velocity_cumulative
                + coalesce(earlier.rows_before, 0) as txn_velocity_cumulative,
                coalesce(
                    windowed.seconds_since_previous, windowed.unix_time - earlier.last_unix_time
                ) as seconds_since_previous
            )
        from windowed
        left join earlier
            on windowed.sender_account_id = earlier.sender_account_id
        where {{ is_touched_second("windowed.unix_time") }}
    )
{%- endif %}

select
    windowed.transaction_no,

    -- Where only the day is known, no one knows what an hour held.
    case
        when generation_run.time_precision != 'day'
            then cast(windowed.txn_count_last_1hr as integer)
    end as txn_count_last_1hr,
    cast(windowed.txn_count_last_24hr as integer) as txn_count_last_24hr,
    cast(windowed.txn_count_last_7d as integer) as txn_count_last_7d,
    cast(windowed.txn_count_last_30d as integer) as txn_count_last_30d,

    cast(windowed.total_amount_last_24hr as decimal(18, 2)) as total_amount_last_24hr,
    cast(windowed.total_amount_last_7d as decimal(18, 2)) as total_amount_last_7d,
    cast(windowed.total_amount_last_30d as decimal(18, 2)) as total_amount_last_30d,

    case
        when windowed.baseline_count >= 5
            then
                {{ zscore(
                    'windowed.amount',
                    'windowed.baseline_count',
                    'windowed.baseline_sum',
                    'windowed.baseline_sum_of_squares',
                ) }}
    end as amount_zscore_30d,
    cast(windowed.baseline_count as integer) as baseline_count_30d,
    {{ sample_mean('windowed.baseline_count', 'windowed.baseline_sum') }} as baseline_mean_30d,
    {{ sample_deviation(
        'windowed.baseline_count',
        'windowed.baseline_sum',
        'windowed.baseline_sum_of_squares',
    ) }} as baseline_deviation_30d,

    cast(windowed.txn_velocity_cumulative as integer) as txn_velocity_cumulative,
    cast(floor(windowed.seconds_since_previous / 86400) as integer) as days_since_previous_txn,

    cast(
        coalesce(
            dormant_accounts.account_id is not null
            and windowed.seconds_since_previous > 30 * 86400,
            false
        ) as tinyint
    ) as dormancy_flag,

    cast(
        case
            when inactive_accounts.account_id is null then null
            when windowed.seconds_since_previous >= 45 * 86400
                then floor(windowed.seconds_since_previous / 86400)
            else 0
        end as integer
    ) as no_of_inactive_days
from {{ "continued as windowed" if is_day() else "windowed" }}
cross join generation_run
left join dormant_accounts
    on windowed.sender_account_id = dormant_accounts.account_id
left join inactive_accounts
    on windowed.sender_account_id = inactive_accounts.account_id
