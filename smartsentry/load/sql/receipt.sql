-- What a load brought, one row per figure. A warning says what looks wrong.
insert into raw.load_receipt (receipt_no, source_table, figure, item, value, warning)
with labels as (
    select
        coalesce(cast(label as varchar), 'unknown') as label,
        sum(rows) as rows,
        sum(rows) filter (where is_rejected) as rejected
    from counted
    where source_table = 'transactions'
    group by all
),

landed as (
    select
        source_table,
        count(*) as landed,
        count_if(is_left_out = 1) as left_out
    from raw.landed_rows
    group by source_table
),

lost as (
    select
        source_table,
        count(*) as rejected
    from raw.rejected_rows
    group by source_table
),

outcomes as (
    select
        source_table,
        landed,
        coalesce(rejected, 0) as rejected,
        left_out
    from landed
    left join lost using (source_table)
),

first_left_out as (
    select
        source_table,
        arg_min(source_file || ' line ' || source_line, landed_no) as place
    from raw.landed_rows
    where is_left_out = 1
    group by source_table
),

reasons as (
    select
        source_table,
        -- The message of an expression has the value that it failed on, quoted or as a number.
        regexp_replace(said, '"[^"]*"|''[^'']*''|[0-9]{5,}', '…', 'g') as reason,
        case when contains(said, '"') then said || ', ' else '' end
        || source_file || ' line ' || source_line || ': ' || row_text as place,
        landed_no
    from (select *, unnest(reasons) as said from raw.rejected_rows)
),

senders as (
    select
        sender_account_id,
        count(*) as rows,
        min(amount) as smallest,
        max(amount) as largest
    from raw.transactions
    group by sender_account_id
),

times as (
    select
        count(*) as rows,
        min("timestamp") as first_time,
        max("timestamp") as last_time,
        arg_min(transaction_id, "timestamp") as first_id,
        arg_max(transaction_id, "timestamp") as last_id,
        count_if("timestamp" = date_trunc('day', "timestamp")) as at_midnight,
        min(amount) as smallest,
        max(amount) as largest,
        (select count(*) from senders) as accounts,
        count(distinct receiver_account_id) as receivers,
        count(distinct beneficiary_id) as beneficiaries,
        corr(substr(transaction_id, 2)::bigint, epoch("timestamp")) as course,
        count_if(transaction_type = 'salary_credit' and debit_credit = 'debit') as debit_salaries
    from raw.transactions
),

directions as (
    select
        debit_credit,
        count(*) as rows,
        sum(amount) as total
    from raw.transactions
    group by all
),

-- The accounts of which half of the rows have at most a hundredth of the largest amount. Only of
-- these the median is of interest, and it costs the most.
uneven as (
    select transactions.sender_account_id
    from raw.transactions
    inner join senders using (sender_account_id)
    where senders.rows >= 5 and senders.largest >= 100 * senders.smallest::decimal(38, 2)
    group by transactions.sender_account_id
    having
        2 * count_if(100 * transactions.amount::decimal(38, 2) <= senders.largest) >= count(*)
),

-- An account's usual amount, where it has some rows.
usual as (
    select
        sender_account_id,
        median(amount) as amount
    from raw.transactions
    semi join uneven using (sender_account_id)
    group by sender_account_id
),

outliers as (
    select
        count(*) as rows,
        arg_max(transactions.transaction_id, transactions.amount) as largest_id
    from raw.transactions
    inner join usual using (sender_account_id)
    where transactions.amount >= 100 * usual.amount::decimal(38, 2)
),

places as (
    select
        'T' || landed_no as transaction_id,
        source_file || ' line ' || source_line as place
    from raw.landed_rows
    where source_table = 'transactions'
        and landed_no in (
            select substr(id, 2)::bigint
            from (
                select unnest([first_id, last_id]) as id from times
                union all
                select largest_id from outliers
            )
        )
),

figures as (
    select
        source_table,
        1 as place,
        'landed' as figure,
        null as item,
        landed::varchar as value,
        null as warning
    from outcomes
    union all
    select source_table, 2, 'accepted', null, (landed - rejected - left_out)::varchar, null
    from outcomes
    union all
    select source_table, 3, 'rejected', null, rejected::varchar, null
    from outcomes
    union all
    select source_table, 4, 'rejected', reason, count(*)::varchar, null
    from reasons
    group by all
    union all
    select source_table, 5, 'first rejected', reason, left(arg_min(place, landed_no), 200), null
    from reasons
    group by all
    union all
    select source_table, 6, 'left out', null, left_out::varchar, null
    from outcomes
    union all
    select source_table, 7, 'first left out', null, place, null
    from first_left_out
    union all
    select
        'transactions', 8, 'rows', debit_credit, rows::varchar,
        case
            when (select count(*) from directions) = 1
                then format(
                    'every row is a {}: does the mapping read what says the direction?', debit_credit
                )
        end
    from directions
    union all
    select 'transactions', 9, 'sum of amounts', debit_credit, total::varchar, null
    from directions
    union all
    select
        'transactions', 10, 'negative amounts', debit_credit, sum(rows)::varchar,
        case
            when count(*) over () > 1
                then 'negative amounts are read as debits and as credits alike'
        end
    from counted
    where is_negative and source_table = 'transactions' and not is_rejected
    group by debit_credit
    union all
    select
        'transactions', 11, 'first time', places.place, first_time::varchar,
        case
            when last_time - first_time > interval '3653 days'
                then format('the times span {} years', year(last_time) - year(first_time))
        end
    from times
    inner join places on times.first_id = places.transaction_id
    union all
    select
        'transactions', 12, 'last time', places.place, last_time::varchar,
        case
            when last_time > current_timestamp::timestamp + interval '1 day'
                then format('{} has a time in the future, {}', places.place, last_time::varchar)
        end
    from times
    inner join places on times.last_id = places.transaction_id
    union all
    select
        'transactions', 13, 'share of rows at 00:00:00', null,
        round(at_midnight / rows, 4)::varchar,
        case
            when at_midnight = rows
                then 'all times are 00:00:00: rules that need the time of day are not applicable'
            when at_midnight > 0.2 * rows
                then 'many times are 00:00:00: do some rows have a date only?'
        end
    from times
    where rows > 0
    union all
    select
        'transactions', 14, 'time precision', null, time_precision,
        case
            when times.rows >= 5 and times.course < -0.9
                then 'the times fall from row to row: does source.toml lack newest_first = true?'
        end
    from raw.generation_run
    cross join times
    union all
    select
        'transactions', 15, 'times in an hour that the clock repeats', null, sum(rows)::varchar,
        'the second pass of that hour stands at the end of the first, so that order holds'
    from counted
    where is_in_repeated_hour
    having sum(rows) > 0
    union all
    select 'transactions', 16, 'smallest amount', null, smallest::varchar, null
    from times
    where rows > 0
    union all
    select
        'transactions', 17, 'largest amount', null, largest::varchar, null
    from times
    where rows > 0
    union all
    select
        'transactions', 18, 'amounts 100 times the median of their account', null, rows::varchar,
        format(
            '{} rows, the largest in {}: are amounts of one file in another unit?', rows, places.place
        )
    from outliers
    inner join places on outliers.largest_id = places.transaction_id
    where rows > 0
    union all
    select 'transactions', 19, 'accounts', null, accounts::varchar, null
    from times
    union all
    select 'transactions', 20, 'counterparties', null, (receivers + beneficiaries)::varchar, null
    from times
    union all
    select
        'transactions', 21, 'salaries that are debits', null, debit_salaries::varchar,
        'salaries take money from the account: is the sign reversed?'
    from times
    where debit_salaries > 0
    union all
    select
        source_table, 22, 'lookups that missed', missed, sum(rows)::varchar,
        case
            when sum(rows) = any_value(total)
                then format(
                    'no row finds anything in {}: are the keys written alike (8 and 8.0, 007 and 7)?',
                    missed
                )
        end
    from (
        select
            source_table,
            unnest(string_split(missed, chr(10))) as missed,
            rows,
            sum(rows) over (partition by source_table) as total
        from counted
    )
    group by source_table, missed
    having missed is not null
    union all
    select
        'transactions', 23, 'rows of label', label, rows::varchar,
        case
            when label = '1' and (select count(*) from labels) = 1
                then 'every row is labelled fraudulent: does the mapping say which are normal?'
        end
    from labels
    where (select max(label) from labels) != 'unknown' or (select count(*) from labels) > 1
    union all
    select
        'transactions', 24, 'rejected of label', label, coalesce(rejected, 0)::varchar,
        case
            when
                rejected >= 5
                and rejected / rows > 2 * (
                    select min(coalesce(rejected, 0) / rows) from labels where label != 'unknown'
                )
                then format(
                    '{:.1f}% of the rows of label {} were rejected, more than of others',
                    100 * rejected / rows, label
                )
        end
    from labels
    where (select count(*) from labels) > 1
)

select
    row_number() over (order by source_table, place, item),
    source_table,
    figure,
    item,
    value,
    warning
from figures
