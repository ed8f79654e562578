-- What needs attention
-- A dead rule guards nothing. An uncovered typology is one that no rule finds clearly more often
-- than chance: its lift may be below 2. A band out of order ranks the wrong transactions first.
select
    'Rules that never fire' as finding,
    count(*) as how_many,
    string_agg(rule_name, ', ' order by rule_name) as which
from rule_performance
where is_dead = 1

union all

select
    'Typologies that no rule of the notebook finds more than by chance' as finding,
    count(*) as how_many,
    string_agg(fraud_type, ', ' order by fraud_type) as which
from typology_coverage
where is_uncovered = 1 and rule_set = 'notebook'

union all

select
    'Typologies that no rule of any set finds more than by chance' as finding,
    count(*) as how_many,
    string_agg(fraud_type, ', ' order by fraud_type) as which
from (
    select fraud_type
    from typology_coverage
    group by fraud_type
    having min(is_uncovered) = 1
) as uncovered

union all

select
    'Score bands with less fraud than the band below' as finding,
    count(*) as how_many,
    string_agg(rule_risk_band, ', ' order by band_no) as which
from score_calibration
where is_out_of_order = 1
