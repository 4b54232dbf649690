"""Where the marked spans of texts come from that nobody annotated: word ratings, planted words."""
