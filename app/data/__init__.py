"""What the app shows, computed without Streamlit: catalogue, texts, views. No torch at import."""
