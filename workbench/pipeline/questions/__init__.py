"""Question answering: methods trained on SQuAD's files, and their answers judged."""
