"""Ten tests, judge-free and seeded."""
