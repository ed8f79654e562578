-- What needs attention
-- A dead rule guards nothing, an uncovered typology passes unseen, and a band out of order ranks
-- the wrong transactions first.
select
    'Rules that never fire' as finding,
    count(*) as how_many,
    string_agg(rule_name, ', ' order by rule_name) as which
from rule_performance
where is_dead = 1

union all

select
    'Typologies that no rule finds' as finding,
    count(*) as how_many,
    string_agg(fraud_type, ', ' order by fraud_type) as which
from typology_coverage
where is_uncovered = 1

union all

select
    'Score bands with less fraud than the band below' as finding,
    count(*) as how_many,
    string_agg(rule_risk_band, ', ' order by band_no) as which
from score_calibration
where is_out_of_order = 1
