"""The same verbs from Python: `import diapason; plant = diapason.init("plant-a")`. One file for each group of verbs."""

from diapason.faces.python.plant import Plant, demo, init, open_plant, restore, scan, verify

__all__ = ["Plant", "demo", "init", "open_plant", "restore", "scan", "verify"]
