#!/bin/sh
# sbom.sh PROGRAM VERSION: the software bill of materials of the program, as SPDX 2.3 tag-value text on standard output: what is
# linked, with the versions of this machine's packages, and what is opened at run time. No date of the build, so that equal
# programs have equal lists.
set -eu
program=$1 version=$2
sum=$(sha256sum "$program" | cut -d' ' -f1)
cat <<END
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: flopcast-$version
DocumentNamespace: https://spdx.org/spdxdocs/flopcast-$version-$sum
Creator: Tool: flopcast-sbom
Created: 1970-01-01T00:00:00Z

PackageName: flopcast
SPDXID: SPDXRef-flopcast
PackageVersion: $version
PackageDownloadLocation: NOASSERTION
FilesAnalyzed: false
PackageChecksum: SHA256: $sum
PackageLicenseConcluded: NOASSERTION
PackageLicenseDeclared: NOASSERTION
PackageCopyrightText: NOASSERTION
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-flopcast
END
# package NAME VERSION LICENCE RELATION
package() {
    cat <<END

PackageName: $1
SPDXID: SPDXRef-$1
PackageVersion: $2
PackageDownloadLocation: NOASSERTION
FilesAnalyzed: false
PackageLicenseConcluded: NOASSERTION
PackageLicenseDeclared: $3
PackageCopyrightText: NOASSERTION
Relationship: SPDXRef-flopcast $4 SPDXRef-$1
END
}
version_of() { pkg-config --modversion "$1" 2>/dev/null || dpkg-query -W -f '${Version}' "$2" 2>/dev/null || echo NOASSERTION; }
needed=$(readelf -dW "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $needed; do
    case $library in
    libhwloc.*) package hwloc "$(version_of hwloc libhwloc-dev)" BSD-3-Clause DYNAMIC_LINK ;;
    libfyaml.*) package libfyaml "$(version_of libfyaml libfyaml-dev)" MIT DYNAMIC_LINK ;;
    libjson-c.*) package json-c "$(version_of json-c libjson-c-dev)" MIT DYNAMIC_LINK ;;
    libgomp.*) package libgomp "$(version_of gomp libgomp1)" "GPL-3.0-with-GCC-exception" DYNAMIC_LINK ;;
    libc.* | ld-linux*) [ "${seen:-}" ] || package glibc "$(version_of glibc libc6)" LGPL-2.1-or-later DYNAMIC_LINK; seen=1 ;;
    libm.*) ;; # of glibc
    *) package "$(echo "$library" | sed 's/\.so.*//')" NOASSERTION NOASSERTION DYNAMIC_LINK ;;
    esac
done
package Random123 "$(version_of random123 librandom123-dev)" BSD-3-Clause STATIC_LINK
package OpenCL-ICD-loader NOASSERTION NOASSERTION OPTIONAL_COMPONENT_OF
package NVIDIA-driver NOASSERTION NOASSERTION OPTIONAL_COMPONENT_OF
