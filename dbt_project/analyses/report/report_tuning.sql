-- Tuning curves
-- One threshold moved from half to double, all others as they are. Everything is relative to the
-- value in force, the dashed line: ×0.5 is half of its alerts, precision or recall.
select
    sweep.rule_name,
    sweep.input_name,
    sweep.factor,
    sweep.threshold_value,
    in_force.threshold_value as value_in_force,
    in_force.alerts as alerts_in_force,
    in_force.precision as precision_in_force,
    in_force.recall as recall_in_force,
    round(sweep.alerts / nullif(in_force.alerts, 0), 4) as alerts,
    -- a handful of hits makes no curve
    case
        when in_force.true_positives >= 20 then round(sweep.precision / in_force.precision, 4)
    end as precision,
    case
        when in_force.true_positives >= 20
            then round(sweep.true_positives / in_force.true_positives, 4)
    end as recall
from threshold_sweep as sweep
inner join threshold_sweep as in_force
    on
        sweep.rule_name = in_force.rule_name
        and sweep.input_name = in_force.input_name
        and in_force.is_in_force = 1
order by sweep.rule_name, sweep.input_name, sweep.threshold_value
