"""The visiting trial: another company's learner and repairs, tried on data that never leaves, under a signed contract."""
