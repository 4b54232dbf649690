"""The Streamlit app over a folder of runs."""
