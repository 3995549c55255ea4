from __future__ import annotations

from pathlib import Path

from covpath.bench.limits.mounts import find

HYBRID_MOUNTS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime shared:9 - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
HYBRID_OWN = "9:name=systemd:/user.slice\n4:memory:/jobs/a\n1:cpu,cpuacct:/\n0::/user.slice/session.scope\n"


def test_hybrid_hierarchies_are_told_apart() -> None:
    found = find(HYBRID_MOUNTS, HYBRID_OWN)
    assert found.v1["memory"] == Path("/sys/fs/cgroup/memory/jobs/a")
    assert found.v1["cpu"] == found.v1["cpuacct"] == Path("/sys/fs/cgroup/cpu,cpuacct")
    assert found.v2 == Path("/sys/fs/cgroup/unified/user.slice/session.scope")
    assert found.v2_root == Path("/sys/fs/cgroup/unified")
    assert "freezer" not in found.v1


def test_a_container_that_sees_only_its_own_part() -> None:
    mounts = "50 40 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
    assert find(mounts, "4:memory:/docker/abc\n").v1["memory"] == Path("/sys/fs/cgroup/memory")
    assert find(mounts, "4:memory:/docker/abc/sub\n").v1["memory"] == Path("/sys/fs/cgroup/memory/sub")
    assert find(mounts, "4:memory:/elsewhere\n").v1["memory"] == Path("/sys/fs/cgroup/memory")


def test_version_2_alone_and_its_namespace() -> None:
    mounts = "35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
    assert find(mounts, "0::/\n").v2 == Path("/sys/fs/cgroup")
    assert find(mounts, "0::/../..\n").v2 == Path("/sys/fs/cgroup")
    assert find(mounts, "0::/a.slice/b.scope\n").v2 == Path("/sys/fs/cgroup/a.slice/b.scope")


def test_blanks_in_mount_points_and_nothing_at_all() -> None:
    mounts = "35 24 0:30 / /mnt/my\\040groups rw - cgroup2 cgroup2 rw\n"
    assert find(mounts, "0::/x\n").v2 == Path("/mnt/my groups/x")
    assert find("", "").v1 == {}
    assert find("", "0::/\n").v2 is None
