-- The macros of a mapping. Each reads one exact form and fails on everything else, so that no value
-- is taken for another. Those that begin with `read_` give null instead of failing.

-- How a macro fails. Where the loader looks for the failing rows it lets them have one value, then
-- another: a row fails if what is made of it differs.
create temp macro failed(message, one, other) as
    case getvariable('filling')
        when 1 then one
        when 2 then other
        else error(message)
    end;

-- A number of money. `1250.00`, `+5`, `-.5`; with `thousands` also groups of three digits
-- (1,250,000) or Indian groups (12,50,000); 0,500 is none, for its comma may be a decimal mark.
-- At most 20 digits before the decimal mark and 18 behind it.
create temp macro read_money(value, thousands := '', decimal_mark := '.') as
    case
        when regexp_full_match(
            cast(value as varchar),
            '[+-]?(?:(?:[0-9]+|[1-9][0-9]{0,2}(?:T[0-9]{3})+|[1-9][0-9]?(?:T[0-9]{2})*T[0-9]{3})'
                .replace('T', regexp_escape(thousands))
            || '(?:D[0-9]{1,18}0*)?|D[0-9]{1,18}0*)'.replace('D', regexp_escape(decimal_mark))
        )
            then try_cast(
                replace(
                    replace(cast(value as varchar), thousands, ''), decimal_mark, '.'
                ) as decimal(38, 18)
            )
    end;

-- The same for a column that is an amount as it is: two decimals, which is faster.
create temp macro read_amount(value) as
    case
        when regexp_full_match(
            cast(value as varchar), '[+-]?(?:0*[0-9]{1,16}(?:[.][0-9]{1,2}0*)?|[.][0-9]{1,2}0*)'
        )
            then try_cast(value as decimal(18, 2))
    end;

create temp macro unread_amount(name, value) as
    case
        when value is null or read_amount(value) is not null then null
        when read_money(value) is null then name || ' is not a number'
        when abs(read_money(value)) >= 10000000000000000 then name || ' is too large'
        when read_money(value) < 0 then name || ' is below 0 and has more than two decimals'
        else name || ' has more than two decimals'
    end;

create temp macro money(value, thousands := '', decimal_mark := '.') as
    case
        when
            length(thousands) > 1 or length(decimal_mark) != 1 or thousands = decimal_mark
            or regexp_matches(thousands || decimal_mark, '[-+0-9eE]')
            then error('money: thousands and decimal_mark must be two different marks')
        when value is not null
            then coalesce(
                read_money(value, thousands := thousands, decimal_mark := decimal_mark),
                failed(
                    format(
                        '"{}" is not a number such as 1{}250{}00', value, thousands, decimal_mark
                    ),
                    -1, 2
                )
            )
    end;

-- A whole number; `7.0` is one, `7.5` and `1e3` are none.
create temp macro read_whole(value) as
    case
        when regexp_full_match(cast(value as varchar), '[+-]?[0-9]+(?:[.]0+)?')
            then try_cast(split_part(cast(value as varchar), '.', 1) as bigint)
    end;

-- A number to multiply money with, such as a rate of exchange: at most ten decimals.
create temp macro rate(value, thousands := '', decimal_mark := '.') as
    case
        when
            money(value, thousands := thousands, decimal_mark := decimal_mark)
            != round(money(value, thousands := thousands, decimal_mark := decimal_mark), 10)
            then error(format('"{}" has more than ten decimals', value))
        else cast(
            money(value, thousands := thousands, decimal_mark := decimal_mark) as decimal(20, 10)
        )
    end;

create temp macro unread_whole(name, value) as
    case
        when value is not null and read_whole(value) is null
            then name || ' is not a whole number'
    end;

create temp macro whole(value) as
    case
        when value is not null
            then coalesce(
                read_whole(value), failed(format('"{}" is not a whole number', value), -1, 2)
            )
    end;

-- 0 or 1, as 0, 1, 0.0, 1.0, true, false.
create temp macro read_flag(value) as
    case lower(cast(value as varchar))
        when '0' then cast(0 as tinyint)
        when '1' then 1
        when '0.0' then 0
        when '1.0' then 1
        when 'false' then 0
        when 'true' then 1
    end;

create temp macro unread_flag(name, value) as
    case when value is not null and read_flag(value) is null then name || ' is not 0 or 1' end;

create temp macro flag(value) as
    case
        when value is not null
            then coalesce(read_flag(value), failed(
                format('"{}" is not 0 or 1', value), cast(0 as tinyint), cast(1 as tinyint)
            ))
    end;

create temp macro read_category(value) as nullif(trim(cast(value as varchar)), '');
create temp macro unread_category(name, value) as null;

-- One text for one thing: composed Unicode without invisible characters, and no spaces around it. A
-- word that says that there is nothing is null; docs/own-data.md lists them, too.
create temp macro clean_text(value) as nullif(
    regexp_replace(
        regexp_replace(
            regexp_replace(nfc_normalize(value), '[\p{Cc}\p{Cf}]', '', 'g'),
            '^[\pZ\s]+|[\pZ\s]+$', '', 'g'
        ),
        '^(?i:null|\(null\)|none|\(none\)|nan|<na>|#?n/a|\\n)$', ''
    ),
    ''
);

-- Printable ASCII with a digit and without a point or plus is a clean id: no word for nothing and
-- no changed number. That saves the costly steps. (DuckDB computes an expression that stands twice
-- before it looks at the cases, so `clean_text` must stand once.)
create temp macro is_plain(value) as
    regexp_full_match(
        value, '(?:[!-*,\-/-~][ -*,\-/-~]*)?[0-9](?:[ -*,\-/-~]*[!-*,\-/-~])?'
    );

-- Whether a value can be an id. A number that a spreadsheet or a data frame has changed cannot:
-- `1.23457E+15` has lost digits, and `1002.0` may or may not be the 1002 of another column.
create temp macro is_id(value) as
    case
        when typeof(value) in ('DOUBLE', 'FLOAT')
            then
                try_cast(value as double) = trunc(try_cast(value as double))
                and abs(try_cast(value as double)) < 9007199254740992 -- 2^53
        when is_plain(cast(value as varchar)) then true
        else
            not regexp_full_match(
                cast(value as varchar),
                '[\pZ\p{C}\s]*(?:[0-9]+[.]0|[+-]?[0-9](?:[.][0-9]+[eE][+]?|[eE][+])[0-9]+)'
                || '[\pZ\p{C}\s]*'
            )
    end;

create temp macro read_id(value) as
    case
        when typeof(value) in ('DOUBLE', 'FLOAT')
            then cast(try_cast(try_cast(value as double) as bigint) as varchar)
        when is_plain(cast(value as varchar)) then cast(value as varchar)
        else clean_text(cast(value as varchar))
    end;

create temp macro unread_id(name, value) as
    case when value is not null and not is_id(value) then name || ' is a number and no id' end;

create temp macro id(value) as
    case
        when value is null then null
        when is_id(value) then read_id(value)
        else failed(format('"{}" is a number and no id', cast(value as varchar)), '1', '2')
    end;

-- One id of several parts. A mark in a part cannot be taken for the one between two parts.
create temp macro id_part(value) as replace(replace(id(value), '\', '\\'), '-', '\-');

create temp macro ids(a, b) as id_part(a) || '-' || id_part(b),
(a, b, c) as id_part(a) || '-' || id_part(b) || '-' || id_part(c),
(a, b, c, d) as id_part(a) || '-' || id_part(b) || '-' || id_part(c) || '-' || id_part(d);

-- The bank's own clock at a moment. Where the clock is put back by an hour, that hour comes twice.
-- So that order holds, its second pass stands at the end of the first, in the last microsecond. One
-- zone puts its clock back by half an hour.
create temp macro bank_time(moment) as
    case
        when moment is null then null
        when getvariable('bank_time_zone') is null
            then failed(
                'the time has a zone, and source.toml has no bank_time_zone',
                timestamp '2000-01-01', timestamp '2000-01-02'
            )
        when
            timezone(
                getvariable('bank_time_zone'),
                moment - if(
                    getvariable('bank_time_zone') in ('Australia/Lord_Howe', 'Australia/LHI'),
                    interval '30 minutes', interval '1 hour'
                )
            )
            = timezone(getvariable('bank_time_zone'), moment)
            then
                date_trunc('hour', timezone(getvariable('bank_time_zone'), moment))
                + interval '59 minutes 59.999999 seconds'
        else timezone(getvariable('bank_time_zone'), moment)
    end;

-- A moment from what a clock of `zone` showed.
create temp macro of_clock(shown, zone) as
    case
        when shown is null then null
        when typeof(shown) != 'TIMESTAMP'
            then error('moment: the format reads a zone, so that there is no third argument')
        when timezone(zone, timezone(zone, shown)) = shown then timezone(zone, shown)
        else failed(
            format('"{}" does not exist in {}', cast(shown as varchar), zone),
            timestamptz '2000-01-01', timestamptz '2000-01-02'
        )
    end;

-- A text in the form that `format` says, as in strptime; nothing may follow it. strptime itself
-- takes any offset.
create temp macro shown(value, format) as
    case
        when value is null then null
        when
            regexp_matches(cast(format as varchar), '%z\]?$')
            and not regexp_matches(
                value, '[+-](?:(?:0[0-9]|1[0-3])(?::?[0-5][0-9])?|14(?::?00)?)$'
            )
            then failed(
                format('"{}" does not end with an offset such as +05:30', value),
                timestamp '2000-01-01', timestamp '2000-01-02'
            )
        else coalesce(
            try_strptime(value, format),
            failed(
                format('"{}" is not of the form {}', value, cast(format as varchar)),
                timestamp '2000-01-01', timestamp '2000-01-02'
            )
        )
    end;

create temp macro moment(value, format) as shown(value, format),
(value, format, zone) as of_clock(shown(value, format), zone);

-- A date, or date and time, in ISO 8601, with or without a zone: Z, UTC, GMT, an offset, Area/City
-- (where the clock must have shown that time).
create temp macro read_moment_iso(value) as
    case
        when cast(try_cast(value as timestamp) as varchar) = value then try_cast(value as timestamp)
        when
            regexp_full_match(
                value,
                '[0-9]{4}-[0-9]{2}-[0-9]{2}'
                || '(?:[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?)?'
            )
            then try_cast(value as timestamp)
        when
            regexp_full_match(
                value,
                '[0-9]{4}-[0-9]{2}-[0-9]{2}'
                || '[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?'
                || ' ?(?:Z|UTC|GMT|[+-](?:(?:0[0-9]|1[0-3])(?::?[0-5][0-9])?|14(?::?00)?))'
            )
            then bank_time(try_cast(value as timestamptz))
        when
            regexp_full_match(
                value,
                '[0-9]{4}-[0-9]{2}-[0-9]{2}'
                || '[ T](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?'
                || ' [A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+)+'
            )
            and timezone(split_part(value, ' ', -1), try_cast(value as timestamptz))
            = try_cast(regexp_replace(value, ' [^ ]*$', '') as timestamp)
            then bank_time(try_cast(value as timestamptz))
    end;

create temp macro unread_moment_iso(name, value) as
    case
        when value is not null and read_moment_iso(value) is null
            then name || ' cannot be read as a time'
    end;

create temp macro moment_iso(value) as
    case
        when value is not null
            then coalesce(
                read_moment_iso(value),
                failed(
                    format('"{}" is not a time such as 2025-09-01 09:14:00', value),
                    timestamp '2000-01-01', timestamp '2000-01-02'
                )
            )
    end;

-- So many seconds, minutes, hours or days after `origin`.
create temp macro moment_since(n, unit, origin) as
    case
        when n is null then null
        when unit not in ('millisecond', 'second', 'minute', 'hour', 'day')
            then error('moment_since: unit must be millisecond, second, minute, hour or day')
        when abs(whole(n)) > 100000000000000
            then failed(
                format('"{}" is too far from the origin', n), origin, origin + interval 1 day
            )
        else
            origin + to_microseconds(
                whole(n)
                * case unit
                    when 'millisecond' then 1000
                    when 'second' then 1000000
                    when 'minute' then 60000000
                    when 'hour' then 3600000000
                    when 'day' then 86400000000
                end
            )
    end;
