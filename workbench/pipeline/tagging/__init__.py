"""Token classification: trained, judged, and where the tokens of entities go."""
