"""What several tests share: tiny models, made-up runs, readers of what is written."""
