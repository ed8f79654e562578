"""HTML pages made from a warehouse: report, realism, comparison, docs site."""
