-- What the notebooks printed as they ran: notebook 1, cells 4 to 9; notebook 2c, C-4 to C-6.

with customers as (
    select * from {{ ref('customers') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

devices as (
    select * from {{ ref('devices') }}
),

beneficiaries as (
    select * from {{ ref('beneficiaries') }}
),

account_devices as (
    select * from {{ ref('stg_account_devices') }}
),

account_beneficiaries as (
    select * from {{ ref('stg_account_beneficiaries') }}
),

dormant_account_set as (
    select * from {{ ref('dormant_account_set') }}
),

-- Read four times, each time for a few columns.
transactions as {{ not_materialized() }} (
    select * from {{ ref('transactions') }}
),

rule_performance as (
    select * from {{ ref('rule_performance') }}
),

column_catalogue as (
    select * from {{ ref('column_catalogue') }}
),

-- Notebook 1, cells 4 to 8; the rows and columns of its table summary (cell 9) are here too.

column_counts as (
    select
        count(*) filter (where table_name = 'customers') as customers,
        count(*) filter (where table_name = 'accounts') as accounts,
        count(*) filter (where table_name = 'devices') as devices,
        count(*) filter (where table_name = 'beneficiaries') as beneficiaries,
        count(*) filter (where table_name = 'transactions') as transactions
    from column_catalogue
    where schema_name = '{{ this.schema }}' and ordinal > 0
),

customer_figures as (
    select
        count(*) as rows,
        (select column_counts.customers from column_counts) as columns,
        sum(customers.pep_flag) as pep_customers,
        {{ ratio('100 * sum(customers.pep_flag)', 'count(*)') }} as pep_customers_percent,
        count(*) filter (where customers.customer_risk_rating = 'very_high')
            as very_high_risk_customers
    from customers
),

account_figures as (
    select
        count(*) as rows,
        (select column_counts.accounts from column_counts) as columns,
        count(*) - count(customers.customer_id) as orphan_customer_ids,
        count(*) filter (where accounts.account_open_days < 60) as accounts_open_below_60_days,
        -- four decimals before the median: half-way between two balances can be half a paisa
        cast(median(cast(accounts.avg_balance as decimal(18, 4))) as decimal(18, 4))
            as median_avg_balance
    from accounts
    left join customers
        on accounts.customer_id = customers.customer_id
),

device_figures as (
    select
        count(*) as rows,
        (select column_counts.devices from column_counts) as columns,
        sum(devices.rooted_flag) as rooted_devices,
        {{ ratio('100 * sum(devices.rooted_flag)', 'count(*)') }} as rooted_devices_percent,
        sum(devices.vpn_flag) as vpn_users,
        {{ ratio('100 * sum(devices.vpn_flag)', 'count(*)') }} as vpn_users_percent,
        sum(devices.emulator_flag) as emulators,
        {{ ratio('100 * sum(devices.emulator_flag)', 'count(*)') }} as emulators_percent,
        (select count(*) from account_devices) as account_device_map_entries
    from devices
),

beneficiary_figures as (
    select
        count(*) as rows,
        (select column_counts.beneficiaries from column_counts) as columns,
        sum(beneficiaries.high_risk_beneficiary) as high_risk_pool,
        {{ ratio('100 * sum(beneficiaries.high_risk_beneficiary)', 'count(*)') }}
            as high_risk_pool_percent,
        count(*) filter (where beneficiaries.beneficiary_type = 'crypto') as crypto,
        count(*) filter (where beneficiaries.beneficiary_type = 'offshore') as offshore,
        (
            select count(distinct account_beneficiaries.account_id) from account_beneficiaries
        ) as account_beneficiaries_map_entries
    from beneficiaries
),

customers_by_occupation as (
    select
        occupation,
        count(*) as customers
    from customers
    group by occupation
),

occupations as (
    select *
    from customers_by_occupation
    qualify row_number() over (order by customers desc, occupation asc) <= 5
),

-- Notebook 1, cell 9: 1 if the check passes, else 0.

entity_checks as (
    select
        (select count(*) = count(distinct customers.customer_id) from customers)
            as customer_id_is_unique,
        (select count(*) = count(distinct accounts.account_id) from accounts)
            as account_id_is_unique,
        (select count(*) = count(distinct devices.device_id) from devices) as device_id_is_unique,
        (select count(*) = count(distinct beneficiaries.beneficiary_id) from beneficiaries)
            as beneficiary_id_is_unique,
        (select account_figures.orphan_customer_ids = 0 from account_figures)
            as account_customer_id_is_a_customer
),

-- Notebook 2c, C-4, and the same of the network rules.

population as (
    select count(*) as transactions
    from transactions
),

rule_figures as (
    select
        case rule_performance.rule_set when 'network' then 'network_rules' else 'rules' end
            as section,
        count(*) as rules,
        sum(rule_performance.alerts) as firings,
        {{ ratio('sum(rule_performance.alerts)', 'max(population.transactions)') }}
            as firings_per_transaction
    from rule_performance
    cross join population
    group by rule_performance.rule_set
),

top_rules as (
    select
        case rule_set when 'network' then 'network_rules' else 'rules' end || ', top 10' as section,
        rule_name,
        alerts
    from rule_performance
    qualify
        row_number() over (partition by rule_set order by alerts desc, rule_name asc) <= 10
),

-- C-5, C-6's fraud rate, and the empty balances of legitimate rows. Without labels they are null.

score_figures as (
    select
        {{ ratio('sum(case when label = 1 then fraud_intensity_score end)', 'sum(label)') }}
            as mean_of_fraud,
        {{ ratio('sum(case when label = 0 then fraud_intensity_score end)', 'sum(1 - label)') }}
            as mean_of_legitimate,
        {{ ratio('sum(label)', 'count(label)') }} as fraud_rate,
        {{
            ratio(
                '100 * count(*) filter (where balance_after_txn = 0 and label = 0)',
                'count(*) filter (where label = 0)'
            )
        }}
            as legitimate_balance_after_txn_zero_percent
    from transactions
),

score_bands as (
    select
        count(*) as transactions,
        count(*) filter (where fraud_intensity_band = 'very_low') as very_low,
        count(*) filter (where fraud_intensity_band = 'low') as low,
        count(*) filter (where fraud_intensity_band = 'medium') as medium,
        count(*) filter (where fraud_intensity_band = 'high') as high,
        count(*) filter (where fraud_intensity_band = 'critical') as critical
    from transactions
),

score_band_percents as (
    select
        {{ ratio('100 * very_low', 'transactions') }} as very_low,
        {{ ratio('100 * low', 'transactions') }} as low,
        {{ ratio('100 * medium', 'transactions') }} as medium,
        {{ ratio('100 * high', 'transactions') }} as high,
        {{ ratio('100 * critical', 'transactions') }} as critical
    from score_bands
),

-- C-6.

transaction_figures as (
    select
        count(*) as rows,
        (select column_counts.transactions from column_counts) as columns,
        {{ ratio('100 * (count(*) - count(transaction_id))', 'count(*)') }}
            as transaction_id_null_percent,
        {{ ratio('100 * (count(*) - count(customer_id))', 'count(*)') }}
            as customer_id_null_percent,
        {{ ratio('100 * (count(*) - count(sender_account_id))', 'count(*)') }}
            as sender_account_id_null_percent,
        {{ ratio('100 * (count(*) - count(receiver_account_id))', 'count(*)') }}
            as receiver_account_id_null_percent,
        {{ ratio('100 * (count(*) - count(beneficiary_id))', 'count(*)') }}
            as beneficiary_id_null_percent,
        {{ ratio('100 * (count(*) - count(device_id))', 'count(*)') }} as device_id_null_percent,
        count(*) filter (where receiver_account_id is not null and beneficiary_id is not null)
            as receiver_and_beneficiary,
        count(*) filter (where receiver_account_id is null and beneficiary_id is null)
            as receiver_nor_beneficiary,
        sum(dormancy_flag) as dormancy_flag_set,
        (select count(*) from dormant_account_set) as dormant_accounts,
        min(account_open_days) as account_open_days_min,
        max(account_open_days) as account_open_days_max,
        min(txn_count_last_24hr) as txn_count_last_24hr_min,
        max(txn_count_last_24hr) as txn_count_last_24hr_max,
        min(cust_txn_count_last_24hr) as cust_txn_count_last_24hr_min,
        max(cust_txn_count_last_24hr) as cust_txn_count_last_24hr_max,
        min(cust_unique_accounts_30d) as cust_unique_accounts_30d_min,
        max(cust_unique_accounts_30d) as cust_unique_accounts_30d_max,
        {{ ratio('sum(balance_after_txn)', 'count(*)') }} as balance_after_txn_mean,
        {{ ratio('100 * count(*) filter (where balance_after_txn = 0)', 'count(*)') }}
            as balance_after_txn_zero_percent,
        count(*) filter (where running_balance_txn_amount > 0)
            as running_balance_txn_amount_positive,
        count(*) filter (where running_balance_txn_amount < 0)
            as running_balance_txn_amount_negative,
        count(time_since_origin_txn) as time_since_origin_txn_not_null
    from transactions
),

items as (
    select
        'customers' as section,
        item,
        value
    from customer_figures
    unpivot (
        value for item in (
            rows,
            columns,
            pep_customers,
            pep_customers_percent,
            very_high_risk_customers
        )
    )

    union all

    select
        'customer_risk_rating' as section,
        coalesce(customer_risk_rating, 'unknown') as item,
        count(*) as value
    from customers
    group by customer_risk_rating

    union all

    select
        'kyc_level' as section,
        coalesce(kyc_level, 'unknown') as item,
        count(*) as value
    from customers
    group by kyc_level

    union all

    select
        'occupation, top 5' as section,
        coalesce(occupation, 'unknown') as item,
        customers as value
    from occupations

    union all

    select
        'income_bracket' as section,
        coalesce(income_bracket, 'unknown') as item,
        count(*) as value
    from customers
    group by income_bracket

    union all

    select
        'country_risk' as section,
        coalesce(country_risk, 'unknown') as item,
        count(*) as value
    from customers
    group by country_risk

    union all

    select
        'accounts' as section,
        item,
        value
    from account_figures
    unpivot (
        value for item in (
            rows,
            columns,
            orphan_customer_ids,
            accounts_open_below_60_days,
            median_avg_balance
        )
    )

    union all

    select
        'devices' as section,
        item,
        value
    from device_figures
    unpivot (
        value for item in (
            rows,
            columns,
            rooted_devices,
            rooted_devices_percent,
            vpn_users,
            vpn_users_percent,
            emulators,
            emulators_percent,
            account_device_map_entries
        )
    )

    union all

    select
        'beneficiaries' as section,
        item,
        value
    from beneficiary_figures
    unpivot (
        value for item in (
            rows,
            columns,
            high_risk_pool,
            high_risk_pool_percent,
            crypto,
            offshore,
            account_beneficiaries_map_entries
        )
    )

    union all

    select
        'entity_checks' as section,
        item,
        cast(value as tinyint) as value
    from entity_checks
    unpivot (
        value for item in (
            customer_id_is_unique,
            account_id_is_unique,
            device_id_is_unique,
            beneficiary_id_is_unique,
            account_customer_id_is_a_customer
        )
    )

    union all

    select
        section,
        item,
        value
    from rule_figures
    unpivot (value for item in (rules, firings, firings_per_transaction))

    union all

    select
        section,
        rule_name as item,
        alerts as value
    from top_rules

    union all

    select
        'fraud_intensity_score' as section,
        'mean_of_fraud' as item,
        mean_of_fraud as value
    from score_figures

    union all

    select
        'fraud_intensity_score' as section,
        'mean_of_legitimate' as item,
        mean_of_legitimate as value
    from score_figures

    union all

    select
        'fraud_intensity_band' as section,
        item,
        value
    from score_bands
    unpivot (value for item in (very_low, low, medium, high, critical))

    union all

    select
        'fraud_intensity_band, percent' as section,
        item,
        value
    from score_band_percents
    unpivot (value for item in (very_low, low, medium, high, critical))

    union all

    select
        'transactions' as section,
        item,
        value
    from transaction_figures
    unpivot (
        value for item in (
            rows,
            columns,
            transaction_id_null_percent,
            customer_id_null_percent,
            sender_account_id_null_percent,
            receiver_account_id_null_percent,
            beneficiary_id_null_percent,
            device_id_null_percent,
            receiver_and_beneficiary,
            receiver_nor_beneficiary,
            dormancy_flag_set,
            dormant_accounts,
            account_open_days_min,
            account_open_days_max,
            txn_count_last_24hr_min,
            txn_count_last_24hr_max,
            cust_txn_count_last_24hr_min,
            cust_txn_count_last_24hr_max,
            cust_unique_accounts_30d_min,
            cust_unique_accounts_30d_max,
            balance_after_txn_mean,
            balance_after_txn_zero_percent,
            running_balance_txn_amount_positive,
            running_balance_txn_amount_negative,
            time_since_origin_txn_not_null
        )
    )
    union all

    select
        'transactions' as section,
        'fraud_rate' as item,
        fraud_rate as value
    from score_figures

    union all

    select
        'transactions' as section,
        'legitimate_balance_after_txn_zero_percent' as item,
        legitimate_balance_after_txn_zero_percent as value
    from score_figures
)

select
    section,
    item,
    cast(value as decimal(18, 4)) as value
from items
