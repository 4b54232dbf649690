"""The app's pages, which Streamlit runs by path."""
