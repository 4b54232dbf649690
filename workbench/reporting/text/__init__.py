"""Names, sentences and templates that tables, pages and cards share."""
