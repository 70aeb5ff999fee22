# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles MLIR text with tessera-compile, links it with libtessera_rt alone,
and calls it through the C interface (include/tessera-c/Runtime.h) on arrays."""

import ctypes
import shutil
import subprocess

import numpy as np

from built import BUILD_DIR, run_tool

MAX_RANK = 6
# bf16 has no NumPy type: its bits lie in uint16.
DTYPES = {np.dtype("f4"): 0, np.dtype("u2"): 1, np.dtype("f2"): 2, np.dtype("i4"): 3}


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("dtype", ctypes.c_int32),
        ("rank", ctypes.c_int32),
        ("dims", ctypes.c_int64 * MAX_RANK),
        ("strides", ctypes.c_int64 * MAX_RANK),
    ]

    def __init__(self, array):
        super().__init__(array.ctypes.data, DTYPES[array.dtype], array.ndim)
        self.dims[: array.ndim] = array.shape
        self.strides[: array.ndim] = [s // array.itemsize for s in array.strides]


class CallError(Exception):
    """What a compiled function said of a wrong call."""


def load_runtime():
    runtime = ctypes.CDLL(str(BUILD_DIR / "lib" / "libtessera_rt.so"), mode=ctypes.RTLD_GLOBAL)
    runtime.tessera_error_message.restype = ctypes.c_char_p
    runtime.tessera_error_message.argtypes = [ctypes.c_void_p]
    runtime.tessera_error_destroy.argtypes = [ctypes.c_void_p]
    return runtime


RUNTIME = load_runtime()


class Module:
    def __init__(self, text, folder, *flags):
        """Compiles MLIR text, or what the flags describe where there is none."""
        source, target, library = folder / "in.mlir", folder / "out.o", folder / "out.so"
        if text is not None:
            source.write_text(text)
            flags = (source, *flags)
        done = run_tool("tessera-compile", *flags, "-o", target)
        assert done.returncode == 0, done.stderr
        compiler = shutil.which("cc") or shutil.which("clang-22")
        subprocess.run(
            [compiler, "-shared", "-o", library, target, f"-L{BUILD_DIR}/lib", "-ltessera_rt",
             f"-Wl,-rpath,{BUILD_DIR}/lib", "-Wl,-z,defs", "-lm"],
            check=True,
        )  # fmt: skip
        self.library = ctypes.CDLL(str(library))

    def call(self, name, *arguments):
        """Arrays, ints (i32) and floats (f32), results last."""
        function = getattr(self.library, name)
        function.restype = ctypes.c_void_p
        tensors = [Tensor(a) for a in arguments if isinstance(a, np.ndarray)]
        given = iter(tensors)
        converted = [
            ctypes.byref(next(given)) if isinstance(a, np.ndarray)
            else ctypes.c_float(a) if isinstance(a, float)
            else ctypes.c_int32(a)
            for a in arguments
        ]  # fmt: skip
        # On the host: no context, stream and workspace.
        error = function(None, None, None, ctypes.c_size_t(0), *converted)
        if error:
            message = RUNTIME.tessera_error_message(error).decode()
            RUNTIME.tessera_error_destroy(error)
            raise CallError(message)


def to_bits(values, dtype):
    """float64 values rounded to dtype and stored as it is passed."""
    if dtype != "bf16":
        return np.asarray(values).astype({"f32": "f4", "f16": "f2"}[dtype])
    bits = np.asarray(values, "f4").view("u4")
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return np.where(np.isnan(values), 0x7FC0, rounded >> 16).astype("u2")


def from_bits(array, dtype):
    if dtype != "bf16":
        return array.astype("f8")
    return (array.astype("u4") << 16).view("f4").astype("f8")
