# Runs an installation of Debian packages so that no service of theirs is started, now or at the next start of the machine.
# $@ the installation.
set -eu
policy=/usr/sbin/policy-rc.d
wanted=/etc/systemd/system/multi-user.target.wants
kept=$(mktemp -d)

end() {
    status=$?
    trap - EXIT
    rm -f "$policy"
    if [ -e "$kept/policy" ]; then cp -p "$kept/policy" "$policy"; fi
    # Only what was not there before is taken back.
    for unit in "$wanted"/*; do
        [ -L "$unit" ] || continue
        grep -qxF "$unit" "$kept/units" || rm -f "$unit"
    done
    rm -rf "$kept"
    exit "$status"
}

if [ -e "$policy" ]; then cp -p "$policy" "$kept/policy"; fi
ls -d "$wanted"/* >"$kept/units" 2>/dev/null || :
trap end EXIT
trap 'exit 1' HUP INT PIPE TERM
printf '#!/bin/sh\n# 101: the action is not allowed.\nexit 101\n' >"$policy"
chmod 755 "$policy"
"$@"
