"""Charts as SVG text, each drawn once and used everywhere; colours are CSS variables of the page."""
