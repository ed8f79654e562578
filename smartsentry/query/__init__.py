"""Read a warehouse: questions, summary, exports."""
