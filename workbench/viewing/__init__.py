"""What the app's pages ask of a run, for anyone: plain functions, no Streamlit, no torch at import."""
