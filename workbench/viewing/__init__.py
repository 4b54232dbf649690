"""What the app shows, computed without Streamlit: the catalogue of runs, texts, views. No torch at import."""
