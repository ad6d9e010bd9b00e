# modem.fs: files in the module's flash. What its calls do lies in once/fs_*.py.


def __getattr__(name):
    if name[0] == "_":
        raise AttributeError(name)
    file = "fs_open" if name == "open" else "fs_files"
    return lambda m, *args, **kw: m.brief(file, name, *args, **kw)
