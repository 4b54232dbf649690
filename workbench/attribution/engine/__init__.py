"""What runs scorers: tasks, observers, layer inputs, memory."""
