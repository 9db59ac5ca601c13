"""A tests-only app: an event, a subscriber, jobs and endpoints that do as they are told, in whatever process they run."""
