#!/usr/bin/env bash
# Runs the tests of limits in a virtual machine with control groups version 2, for machines that have version 1.
#
#   tests/vm/version_2.sh [pytest arguments]
#
# Needs Linux on x86-64 with apt, qemu-system-x86_64, busybox-static and cpio. The guest sees this
# machine's files read-only; what it writes stays in its memory. Without KVM it is emulated: a few minutes.
# COVPATH_VM_ACCEL=kvm uses KVM where it works. The python is the one in PATH that has covpath installed.
set -euo pipefail

repo=$(cd "$(dirname "$0")/../.." && pwd)
python=$(python -c 'import covpath, pytest, sys; print(sys.executable)')
tests=("$@")
[ ${#tests[@]} -gt 0 ] || tests=(tests/bench/limits tests/bench/test_trial.py tests/bench/test_stopping.py)
case ${COVPATH_VM_ACCEL:-tcg} in
    kvm) accelerator=(-enable-kvm -cpu host) ;;
    *) accelerator=(-accel tcg,thread=multi -cpu max) ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# A kernel that knows 9p; Debian's cloud kernel does not.
package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
apt-get download "$package" >download.log 2>&1
dpkg-deb -x "$package"_*.deb kernel
modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci netfs fscache 9pnet 9pnet_virtio 9p
    overlay loop crc16 crc32c_generic mbcache jbd2 ext4)

mkdir -p start/{bin,modules,proc,sys,dev,lower,upper,root}
cp "$(command -v busybox)" start/bin/busybox
for name in "${modules[@]}"; do
    find kernel/lib/modules -name "$name.ko" -exec cp {} start/modules/ \;
done

# What the guest runs once its files are in place. Temporary
# files must be on a disk: in memory they would count as such. There is swap, which many machines lack.
cat >start/guest.sh <<GUEST
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
truncate -s 900M /run/disk && mkfs.ext4 -q -F /run/disk && mount -o loop /run/disk /tmp
dd if=/dev/zero of=/tmp/swap bs=1M count=300 status=none && chmod 600 /tmp/swap && mkswap -q /tmp/swap && swapon /tmp/swap
cd "$repo"
uname -srm
"$python" -m pytest -p no:cacheprovider ${tests[@]@Q}
echo "VM EXIT STATUS \$?"
echo o >/proc/sysrq-trigger
sleep 10
GUEST

cat >start/init <<INIT
#!/bin/busybox sh
b=/bin/busybox
\$b mount -t proc proc /proc
\$b mount -t sysfs sysfs /sys
\$b mount -t devtmpfs devtmpfs /dev
for round in 1 2 3; do # their order matters; what failed for want of another is tried again
    for name in ${modules[*]}; do \$b insmod /modules/\$name.ko 2>/dev/null; done
done
\$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /lower
\$b mount -t tmpfs -o size=1500m tmpfs /upper
\$b mkdir /upper/changed /upper/work
\$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/changed,workdir=/upper/work overlay /root
for name in proc sys dev; do \$b mount --move /\$name /root/\$name; done
for name in run tmp var/tmp dev/shm; do \$b mkdir -p /root/\$name; \$b mount -t tmpfs -o size=1g tmpfs /root/\$name; done
\$b mount -t cgroup2 cgroup2 /root/sys/fs/cgroup
\$b cp /guest.sh /root/run/guest.sh
exec \$b chroot /root /bin/bash /run/guest.sh
INIT
chmod +x start/init
(cd start && find . | cpio -o -H newc --quiet | gzip -1) >start.gz

timeout 1800 qemu-system-x86_64 "${accelerator[@]}" -smp 2 -m 3072 -nographic -no-reboot \
    -kernel kernel/boot/vmlinuz-* -initrd start.gz -append "console=ttyS0 loglevel=3 panic=-1" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    </dev/null | tr -d '\r' | tee console.log
grep -q "VM EXIT STATUS 0" console.log
