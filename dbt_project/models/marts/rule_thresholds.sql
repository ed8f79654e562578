-- The thresholds in force: one column for each threshold that a rule reads. Its value is the var of
-- the same name in dbt_project.yml.

select
    {{ thresholds_in_force() }}
