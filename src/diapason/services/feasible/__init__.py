"""What is reachable before anything is mended: noise floor, learning curve, sensors, verdict for a wish."""
