"""What is done around dbt: a summary, read-only SQL, generated documentation."""
