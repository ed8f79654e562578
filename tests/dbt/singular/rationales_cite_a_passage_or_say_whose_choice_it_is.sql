-- Whoever looks a rule up must find the passage, or be told that there is none. Law, guidance and
-- what could not be verified name an instrument, a paragraph and a date. An illustrative rule names
-- none of them and says that its figures are the project's.
select
    rule_name,
    rationale_kind,
    rationale
from {{ ref('rule_catalogue') }}
where
    case
        when rationale_kind = 'illustrative'
            then
                coalesce(rationale_instrument, rationale_paragraph, rationale_since) is not null
                or coalesce(rationale, '') not like '% the project''s%'
        else
            rationale is null
            or rationale_instrument is null
            or rationale_paragraph is null
            or rationale_since is null
    end
