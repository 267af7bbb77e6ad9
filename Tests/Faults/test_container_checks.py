"""The checks find each promise that a container breaks."""

import pytest
from container_checks import broken_promises, leaks

GOOD = """Name:\tmartlet
Uid:\t10001\t10001\t10001\t10001
Gid:\t10001\t10001\t10001\t10001
CapInh:\t0000000000000000
CapPrm:\t0000000000000000
CapEff:\t0000000000000000
CapBnd:\t0000000000000000
NoNewPrivs:\t1
Limit                     Soft Limit           Hard Limit           Units
Max open files            110000               110000               files
overlay / overlay ro,relatime,lowerdir=/a:/b 0 0
proc /proc proc rw,nosuid 0 0
"""


def test_a_container_as_promised():
    assert list(broken_promises(GOOD, 110_000)) == []
    assert list(broken_promises(GOOD.replace("110000               110", "unlimited            110"), 110_000)) == []


@pytest.mark.parametrize("old, new, finding", [
    ("Uid:\t10001\t10001", "Uid:\t10001\t0", "runs as root"),
    ("CapBnd:\t0000000000000000", "CapBnd:\t0000000000000400", "has capabilities"),
    ("NoNewPrivs:\t1", "NoNewPrivs:\t0", "may gain privileges"),
    ("overlay ro,", "overlay rw,", "can write to its root"),
    ("proc /proc", "tmpfs / tmpfs rw 0 0\nproc /proc", "can write to its root"),
    ("110000  ", "1024    ", "may open 1024 files, not 110000"),
])
def test_each_broken_promise(old, new, finding):
    (found,) = broken_promises(GOOD.replace(old, new), 110_000)
    assert found.startswith(finding)


def test_a_secret_in_a_text():
    secrets = {"TOKEN": "5ec4e7", "LINK": "0therone"}
    assert leaks(secrets, {"docker-compose.yml": "TOKEN: ${TOKEN}", "the image": "ENV TOKEN=5ec4e7"}) == [
        "TOKEN stands in the image"]
