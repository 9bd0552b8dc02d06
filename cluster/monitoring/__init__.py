"""Files for Prometheus and Grafana: what to collect, when to call somebody, what to look at."""
