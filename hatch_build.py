"""Compiles the one kernel that is not Python, for wheels and for installs in place."""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

KERNEL = "diapason/engines/scan/_kernel"


class CompiledKernel(BuildHookInterface):
    """Builds `_kernel.c` beside its source and puts it into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before anything is collected."""
        del version
        if self.target_name != "wheel":
            return
        made = _compiled(Path(self.root))
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{next(sys_tags()).platform}"
        build_data["force_include"][str(made)] = f"diapason/engines/scan/{made.name}"


def _compiled(root: Path) -> Path:
    """The shared library, beside its source; raises where there is no compiler."""
    from setuptools import Distribution, Extension

    os.chdir(root)
    flags = [] if os.name == "nt" else ["-O3"]
    extension = Extension(KERNEL.replace("/", "."), [f"src/{KERNEL}.c"], py_limited_api=True, extra_compile_args=flags)
    build = Distribution({"ext_modules": [extension], "package_dir": {"": "src"}}).get_command_obj("build_ext")
    build.inplace = True
    build.force = True
    build.ensure_finalized()
    build.run()
    return root / build.get_outputs()[0]
