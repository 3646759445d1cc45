#!/bin/sh
# deb.sh BUILD VERSION: makes BUILD/flopcast_VERSION_ARCH.deb of what stands under BUILD/deb, with the packages that its
# libraries come from as dependencies. Called by make deb.
set -eu
build=$1 version=$2 root=$1/deb
for tool in dpkg-deb dpkg-query; do
    command -v $tool >/dev/null || { echo "make deb: $tool is not here; it belongs to Debian and Ubuntu" >&2; exit 1; }
done
architecture=$(dpkg --print-architecture)
# the package of each library that the program is linked with; ldd may name a file by a path that was linked since
depends=
for library in $(ldd "$root/usr/bin/flopcast" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'); do
    real=$(readlink -f "$library")
    package=$(dpkg-query -S "$library" "$real" "/usr$library" "${real#/usr}" 2>/dev/null | sed -n '1s/:.*//p')
    [ -z "$package" ] || depends="$depends $package"
done
needs=
for package in $(printf '%s\n' $depends | sort -u); do
    at_least=$(dpkg-query -W -f '${Version}' "$package")
    needs="$needs${needs:+, }$package (>= ${at_least%%[-+~]*})"
done
mkdir -p "$root/DEBIAN" "$root/usr/share/doc/flopcast"
cp README.md CHANGELOG.md LICENSE "$root/usr/share/doc/flopcast"
rm -f "$root"/usr/share/man/man1/*.gz
for page in "$root"/usr/share/man/man1/*.1; do gzip -9n "$page"; done
cat >"$root/DEBIAN/control" <<END
Package: flopcast
Version: $version
Architecture: $architecture
Maintainer: flopcast <flopcast@localhost>
Section: science
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $needs
Suggests: gnuplot-nox, pocl-opencl-icd, python3-numpy, libhdf5-103 | libhdf5-310
Description: throughput, time and cost of training runs on GPU clusters
 flopcast forecasts, as probability distributions, how fast, how long and at
 what cost a training workload runs on a GB200-class GPU cluster, and what a
 multi-year compute contract buys. Program, library and Python module.
END
cat >"$root/DEBIAN/triggers" <<END
activate-noawait ldconfig
END
dpkg-deb --root-owner-group --build "$root" "$build/flopcast_${version}_$architecture.deb" >/dev/null
echo "$build/flopcast_${version}_$architecture.deb"
