# Freezes the driver into a MicroPython firmware:
#   make BOARD=... FROZEN_MANIFEST=/path/to/this/manifest.py
# or, in a manifest of your own, the parts that you want:
#   include("/path/to/espat/manifest.py", parts="tls,mqtt")
# parts: "all", "core" (what package.json installs), or names of lib/espat-<name>.json. Owns the
# choice of files.
import json

options.defaults(parts="all")  # noqa: F821
metadata(description="Driver for ESP-AT Wi-Fi modules over UART", version="0.1.0")  # noqa: F821
if options.parts == "all":  # noqa: F821
    package("espat", base_path="lib", opt=3)  # noqa: F821
else:
    files = set()
    names = [name for name in options.parts.split(",") if name != "core"]  # noqa: F821
    for descriptor in ["package.json"] + ["lib/espat-" + name + ".json" for name in names]:
        with open(descriptor) as f:
            for target, _ in json.load(f)["urls"]:
                files.add(target[len("espat/") :])
    package("espat", files=sorted(files), base_path="lib", opt=3)  # noqa: F821
