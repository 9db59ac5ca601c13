"""What is unusual: pure rules, each point judged by what came before it only. See docs/algorithms/anomalies.md."""
