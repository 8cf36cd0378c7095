#!/usr/bin/env bash
# Unpacks Debian packages that hold photographs, drawings and documentation which nobody here made into a folder:
# real input for the main job. Needs apt-get and dpkg; installs nothing.
#
#   bash bench/real-input.sh FOLDER
#   pipeline run FOLDER/photos --to FOLDER/photos-out
#   pipeline run FOLDER/documents --to FOLDER/documents-out
set -euo pipefail
folder="${1:?a folder to unpack into}"
photos=(gnome-backgrounds mate-backgrounds plasma-workspace-wallpapers ukui-wallpapers xscreensaver-data-extra)
documents=(python3.11-doc imagemagick-6-doc debian-handbook linux-doc-6.1 debian-reference-en gimp-help-en rust-doc)

mkdir -p "$folder/packages" "$folder/photos" "$folder/documents"
folder="$(cd "$folder" && pwd)"
(cd "$folder/packages" && apt-get download "${photos[@]}" "${documents[@]}")
for name in "${photos[@]}"; do dpkg -x "$folder/packages/${name}"_*.deb "$folder/photos/$name"; done
for name in "${documents[@]}"; do dpkg -x "$folder/packages/${name}"_*.deb "$folder/documents/$name"; done
rm -rf "$folder/packages"
du -sh "$folder/photos" "$folder/documents"
