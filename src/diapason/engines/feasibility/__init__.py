"""What can be reached before anything is mended: noise floor, learning curve, what a sensor could give, verdict."""
