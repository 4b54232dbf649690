"""From documents to encoder inputs."""
