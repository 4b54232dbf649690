"""Tables, figures, cards and pages as functions of run folders."""
