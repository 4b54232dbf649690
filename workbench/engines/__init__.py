"""Run an exported graph, in which tokens really go, in ONNX Runtime or OpenVINO; no torch is needed."""
