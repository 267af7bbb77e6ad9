"""A data folder on a file system of its own, which the kernel makes read-only under whoever writes to it.

The file system is an ext4 image on a loop device, mounted with `errors=remount-ro`; an error is triggered by hand. Where
that is not allowed, every file of the folder is made immutable instead: writes are refused then too, with another error.
"""

import contextlib
import pathlib
import subprocess

from conftest import eventually

IMAGE_BYTES = 700 << 20


def quietly(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    return done.returncode == 0


class LoopDisk:
    """What really happens to a machine whose disk has errors. Comes back by a check and a new mount."""

    kind = "ext4 on a loop device, made read-only by an error"

    def __init__(self, folder):
        self.folder, self.image = pathlib.Path(folder), pathlib.Path(folder).with_suffix(".img")

    def make(self):
        """False: this machine does not allow it."""
        self.folder.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(IMAGE_BYTES)
        # While nothing is mounted, nobody may begin a new store in the empty folder.
        if not (quietly("mkfs.ext4", "-q", self.image) and quietly("chattr", "+i", self.folder)):
            return False
        return self._mount() and (self._trigger.exists() or not self._unmount())

    def _mount(self):
        return quietly("mount", "-o", "loop,errors=remount-ro", self.image, self.folder)

    def _unmount(self):
        return quietly("umount", self.folder)

    @property
    def _trigger(self):
        device = subprocess.run(["findmnt", "-n", "-o", "SOURCE", self.folder], capture_output=True, text=True)
        return pathlib.Path("/sys/fs/ext4", pathlib.Path(device.stdout.strip() or "none").name, "trigger_fs_error")

    def forbid(self):
        self._trigger.write_text("1")
        with contextlib.suppress(OSError):
            (self.folder / "probe").touch()
            raise AssertionError("the file system is not read-only")

    def allow(self):
        # Busy while the store is being tried; whoever tries it lets go of it.
        eventually(self._unmount, "the file system is in use")
        subprocess.run(["e2fsck", "-p", "-f", self.image], capture_output=True)
        assert self._mount()

    def remove(self):
        quietly("umount", "--lazy", self.folder)
        quietly("chattr", "-i", self.folder)
        self.image.unlink(missing_ok=True)


class ImmutableFiles:
    """A folder whose files nobody may change, not even those that have them open."""

    kind = "immutable files"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def make(self):
        self.folder.mkdir(exist_ok=True)
        probe = self.folder / "probe"
        probe.touch()
        works = quietly("chattr", "+i", probe) and quietly("chattr", "-i", probe)
        probe.unlink()
        return works

    def forbid(self):
        assert quietly("chattr", "-R", "+i", self.folder)

    def allow(self):
        assert quietly("chattr", "-R", "-i", self.folder)

    def remove(self):
        quietly("chattr", "-R", "-i", self.folder)


@contextlib.contextmanager
def disk(folder):
    """The first kind that this machine allows, or None."""
    with contextlib.ExitStack() as stack:
        for kind in (LoopDisk, ImmutableFiles):
            one = kind(folder)
            stack.callback(one.remove)
            if one.make():
                yield one
                return
            one.remove()
        yield None
