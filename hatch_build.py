"""Compiles the two kernels that are not Python, for wheels and for installs in place."""

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

KERNELS = ("diapason/engines/scan/_kernel", "diapason/connectors/mqtt/_wire")


class CompiledKernels(BuildHookInterface):
    """Builds each `.c` beside its source and puts it into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before anything is collected."""
        del version
        if self.target_name != "wheel":
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{next(sys_tags()).platform}"
        for made in compiled(Path(self.root)):
            build_data["force_include"][str(made)] = _place(made)


def _place(made: Path) -> str:
    """Where a library belongs: beside its source, whose package stands at the end of its path."""
    (kernel,) = (one for one in KERNELS if made.parent.as_posix().endswith(Path(one).parent.as_posix()))
    return f"{Path(kernel).parent.as_posix()}/{made.name}"


def compiled(root: Path, kernels: tuple[str, ...] = KERNELS) -> list[Path]:
    """The shared libraries, each beside its source; raises where there is no compiler."""
    from setuptools import Distribution, Extension

    os.chdir(root)
    flags = [] if os.name == "nt" else ["-O3"]
    extensions = [
        Extension(kernel.replace("/", "."), [f"src/{kernel}.c"], py_limited_api=True, extra_compile_args=flags)
        for kernel in kernels
    ]
    build = Distribution({"ext_modules": extensions, "package_dir": {"": "src"}}).get_command_obj("build_ext")
    build.inplace = True
    build.force = True
    build.ensure_finalized()
    build.run()
    return [root / made for made in build.get_outputs()]
