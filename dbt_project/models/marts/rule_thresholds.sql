-- The thresholds in force: one column for each that a rule reads, its value the var of that name in
-- dbt_project.yml.

select
    {{ thresholds_in_force() }}
