-- What the checks of every table ask. The loader sets the variables before it runs a check.

-- Whether the mapping gives a column of this table, or a table.
create temp macro gives_column(name) as list_contains(getvariable('columns'), name);
create temp macro gives_table(name) as list_contains(getvariable('tables'), name);

-- A value that could not be read is there, and has its reason in `unread`.
create temp macro missing(name, value) as
    case
        when
            value is null
            and gives_column(name)
            and not contains(chr(10) || coalesce(unread, ''), chr(10) || name || ' ')
            then name || ' is missing'
    end;

create temp macro outside_domain(name, value) as
    case
        when not list_contains(getvariable('domains')[name], value)
            then name || ' is outside its domain'
    end;

create temp macro outside_range(name, value, low, high) as
    case
        when value not between low and high
            then format('{} is outside {} to {}', name, low, high)
    end;

create temp macro outside_time(name, value) as
    case
        when value < getvariable('earliest') or value >= getvariable('latest')
            then format(
                '{} is outside {} to {}', name, getvariable('earliest'), getvariable('latest')
            )
    end;

-- Money has two decimals and sixteen digits before them.
create temp macro bad_money(name, value) as
    case
        when value is not null and try_cast(value as decimal(18, 2)) is null
            then name || ' is too large'
        when value != round(value, 2) then name || ' has more than two decimals'
    end;

create temp macro unknown(name, value, found, what) as
    case
        when value is not null and found is null and gives_column(name)
            then format('{} is not {}', name, what)
    end;

-- A bank's time to the second, or to the day where that is all the source knows.
create temp macro whole_time(value) as
    case
        when getvariable('time_precision') = 'day' then date_trunc('day', value)
        else date_trunc('second', value)
    end;

-- What the bank's clock shows so long after, or before, it showed a time.
create temp macro moved_clock(shown, span) as timezone(
    getvariable('bank_time_zone'), timezone(getvariable('bank_time_zone'), shown) + span
);
